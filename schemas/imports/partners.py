"""Partners as they are to be written to CEE (domain.md 4.1): new ones, edits, removals."""

from __future__ import annotations

from typing import Any, ClassVar

from schemas.envelope import Contract
from schemas.fields import Text20
from schemas.imports.envelope import Import
from schemas.mobile.partners import PartnerFields


class ReadOnly(Contract):
    """A field of CEE that the device sent a value of, as it came: a remark, where CEE's value is another."""

    field: str
    value: Any = None


class Partner(PartnerFields, Import, kind="partners"):
    """`number` empty: whole, with name, exactly one main address, legal_kind and role. Else only what `model_fields_set` names was
    edited (null: emptied), and `base` names what the device had received of it."""

    number: Text20 | None = None
    base: PartnerFields | None = None
    read_only: tuple[ReadOnly, ...] = ()

    example: ClassVar[dict[str, Any]] = {
        "channel": "PL1",
        "kind": "partners",
        "source_id": "5d0c5f5e-7a43-4d0f-9d7d-0a6f0f0f1a05",
        "revision": 3,
        "op": "upsert",
        "client": "device",
        "device_id": "d-7",
        "rep": "R1",
        "number": "K-100",
        "base_version": 7,
        "base": {"name": "Sklep Narzędziowy Młotek", "matchcode": "MŁOTEK"},
        "name": "Sklep Narzędziowy Młotek i Syn",
        "matchcode": None,
        "read_only": [{"field": "payment_term", "value": "30D"}],
    }

    def written(self) -> dict[str, Any]:
        """Null is a value here: a field that was emptied stays in the record."""
        fields = super().written()
        if not self.read_only:
            fields.pop("read_only")
        if self.number is not None and self.op == "upsert":
            fields |= _emptied(self, fields)
        if self.base is not None:
            fields["base"] |= _emptied(self.base, fields["base"])
        return fields


def _emptied(of: PartnerFields, filled: dict[str, Any]) -> dict[str, None]:
    return {name: None for name in PartnerFields.model_fields if name in of.model_fields_set and name not in filled}
