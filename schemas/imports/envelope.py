"""The envelope of a record on `import.<ch>.<kind>`: an upload that may be written. Made by the importer, read by the writer.

Its id, content hash and sender are headers: `ce_id`, `ce_contenthash`, `ce_sender`; `ce_devicestate` says whether it came from
the device's registered epoch. With `ce_outcome`, `ce_code` and `ce_params` the value is not such a record but the upload's
original bytes: a refusal, to be answered.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from schemas.envelope import Contract
from schemas.fields import Int64, Position, Text20, Text64, Uuid
from schemas.mobile.envelope import Upload


class Import(Contract):
    """What all kinds have in common; as in the upload, without what nobody needs any more."""

    kind_name: ClassVar[str] = ""

    channel: str
    kind: str
    source_id: Uuid
    revision: Position
    op: Literal["upsert", "delete"] = "upsert"
    client: Literal["device", "management"]
    device_id: Text64 | None = None
    client_id: Text64 | None = None
    base_version: Int64 | None = None
    rep: Text20

    @classmethod
    def __pydantic_init_subclass__(cls, kind: str = "", **keywords: Any) -> None:
        cls.kind_name = kind or cls.kind_name

    @classmethod
    def of(cls, upload: Upload, **derived: Any) -> Self:
        """The record of an upload: fields of the same name are taken over unchecked, they were checked on the way in."""
        given = upload.__dict__
        values = {name: given.get(name, field.default) for name, field in cls.model_fields.items()} | derived
        made = cls.__new__(cls)
        object.__setattr__(made, "__dict__", values)
        object.__setattr__(made, "__pydantic_fields_set__", (upload.model_fields_set & values.keys()) | derived.keys())
        object.__setattr__(made, "__pydantic_extra__", None)
        object.__setattr__(made, "__pydantic_private__", None)
        return made

    def written(self) -> dict[str, Any]:
        """Json-mode fields of the value; empty ones are left out."""
        return self.model_dump(mode="json", exclude_none=True)
