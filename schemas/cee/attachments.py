"""Attachments and notes as CEE states them (domain.md 3.9). Key: a UUID. The source adds what it found in the content."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from schemas.envelope import CeeChange, Contract
from schemas.parts import Text100, Text120, Text500


class AttachmentBody(Contract):
    """What change and payload have in common."""

    id: UUID
    owner_kind: Literal["partner", "article", "document"]
    owner_key: str
    type: Literal["image", "recording", "file", "note"]
    name: Text120
    description: Text500 | None = None
    text: str | None = None
    extension: str | None = None
    sha256: str | None = None
    size: int | None = None
    mime: Text100 | None = None
    is_default: bool = False


class Attachment(AttachmentBody, CeeChange, kind="attachments"):
    """`content_id` names the content in CEE; it changes with it."""

    content_id: str | None = None
