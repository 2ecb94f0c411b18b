"""Attachments and notes as CEE states them (domain.md 3.9). Key: a UUID. The source adds what it found in the content."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, Strict

from schemas.envelope import CeeChange, Contract
from schemas.fields import Flag, Maybe500, Maybe4000, Sha256, Text120, Text512, Uuid


class AttachmentBody(Contract):
    """What change and payload have in common; `owner_key` is the owner's key as section 5 writes it."""

    id: Uuid
    owner_kind: Literal["partner", "article", "document"]
    owner_key: Text512
    type: Literal["image", "recording", "file", "note"]
    name: Text120
    description: Maybe500 = None
    text: Maybe4000 = None
    extension: str | None = None
    sha256: Sha256 | None = None
    size: Annotated[int, Strict(), Field(ge=0, le=2**53 - 1)] | None = None
    mime: Annotated[str, Field(max_length=100)] | None = None
    is_default: Flag | None = None


class Attachment(AttachmentBody, CeeChange, kind="attachments"):
    """`content_id` names the content in CEE; it changes with it. The content itself never travels in a record."""

    content_id: str | None = None

    example: ClassVar[dict[str, Any]] = {
        "channel": "PL1",
        "kind": "attachments",
        "key": "0b6d3c1e-52a4-4d2b-8a57-2f9f1f6f0a11",
        "member": True,
        "version": 2,
        "id": "0b6d3c1e-52a4-4d2b-8a57-2f9f1f6f0a11",
        "owner_kind": "article",
        "owner_key": "M-1%2F2",
        "type": "image",
        "name": "mlotek.jpg",
        "extension": "jpg",
        "content_id": "9c1185a5c5e9fc54612808977ee8f548b2258d31",
        "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "size": 48123,
        "mime": "image/jpeg",
        "is_default": True,
    }

    def own_key(self) -> str:
        return self.id
