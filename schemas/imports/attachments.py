"""Attachments and notes as they are to be written to CEE (domain.md 4.3)."""

from __future__ import annotations

from typing import Any, ClassVar

from schemas.fields import Sha256, Text512, Uuid
from schemas.imports.envelope import Import
from schemas.mobile import attachments as mobile
from schemas.mobile.attachments import AttachmentFields


class Attachment(AttachmentFields, Import, kind="attachments"):
    """The owner is named by `owner_key` or by `owner_source_id`; a note's sha256 is that of its text."""

    owner_key: Text512 | None = None
    owner_source_id: Uuid | None = None
    sha256: Sha256

    example: ClassVar[dict[str, Any]] = {
        **{name: value for name, value in mobile.Attachment.example.items() if name not in ("db_epoch", "owner_key")},
        "owner_source_id": mobile.Attachment.example["owner_key"],
        "op": "upsert",
    }
