"""Orders and quotes as they are to be written to CEE (domain.md 4.2)."""

from __future__ import annotations

from typing import Any, ClassVar

from schemas.fields import Text20, Uuid
from schemas.imports.envelope import Import
from schemas.mobile import documents as mobile
from schemas.mobile.documents import DocumentFields


class Document(DocumentFields, Import, kind="documents"):
    """A confirmed document; its partner is named by `partner` or by `partner_source_id`. The channel's defaults are filled in."""

    partner: Text20 | None = None
    partner_source_id: Uuid | None = None
    payment_form: Text20

    example: ClassVar[dict[str, Any]] = {
        **{name: value for name, value in mobile.Document.example.items() if name not in ("db_epoch", "confirmed", "partner")},
        "partner_source_id": mobile.Document.example["partner"],
        "op": "upsert",
        "payment_term": "14D",
    }
