"""Attachments and notes as a device sends them (domain.md 4.3). `source_id` is the attachment's id; the content went before."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, Strict

from schemas.envelope import Contract
from schemas.fields import Flag, Maybe500, Maybe4000, Sha256, Text120, Text512
from schemas.mobile.envelope import Upload


class AttachmentFields(Contract):
    """What an upload and the record to write have in common."""

    owner_kind: Literal["partner", "article", "document"]
    type: Literal["image", "recording", "file", "note"]
    name: Text120
    description: Maybe500 = None
    text: Maybe4000 = None
    extension: str | None = None
    sha256: Sha256 | None = None
    size: Annotated[int, Strict(), Field(ge=0, le=2**53 - 1)] | None = None
    is_default: Flag | None = None


class Attachment(AttachmentFields, Upload, kind="attachments"):
    """`owner_key`: the owner's key as exports write it (domain.md 5), or the source_id of a partner or document born on a device."""

    owner_key: Text512

    example: ClassVar[dict[str, Any]] = {
        "channel": "PL1",
        "kind": "attachments",
        "source_id": "5d0c5f5e-7a43-4d0f-9d7d-0a6f0f0f1a03",
        "revision": 1,
        "client": "device",
        "device_id": "d-7",
        "db_epoch": "c7a9a0c2-53c4-4a4b-b0f7-6f3a4d7c9e10",
        "rep": "R1",
        "owner_kind": "document",
        "owner_key": "5d0c5f5e-7a43-4d0f-9d7d-0a6f0f0f1a02",
        "type": "image",
        "name": "półka.jpg",
        "extension": "jpg",
        "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "size": 48123,
    }
