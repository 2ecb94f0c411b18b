"""Attachments and notes as a device receives them (domain.md 3.9); the content is fetched by its sha256."""

from __future__ import annotations

from typing import Any

from schemas.cee.attachments import AttachmentBody
from schemas.envelope import Export, Reference

OWNERS = {"partner": "partners", "article": "articles", "document": "sales-documents"}


class Attachment(AttachmentBody, Export, kind="attachments", leaves="delete"):
    """Follows only after its content is stored."""

    @classmethod
    def needs(cls, body: dict[str, Any]) -> list[Reference]:
        return [(OWNERS[body["owner_kind"]], body["owner_key"])]
