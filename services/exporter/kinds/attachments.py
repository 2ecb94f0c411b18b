"""Attachments and notes (domain.md 3.9). Signature and size were checked where the content was read (`problems`)."""

from __future__ import annotations

import hashlib

from schemas.cee.attachments import Attachment
from schemas.channel import Channel
from schemas.export import attachments as export
from services.kernel.guard import Refused

EXTENSIONS = {
    "image": {"jpg", "png", "bmp", "gif", "raw"},
    "file": {"pdf", "doc", "docx", "txt"},
    "recording": {"amr", "m4a", "mp3"},
}
LONGEST_NOTE = 4000
LARGEST = 3 * 1024 * 1024


def handle(change: Attachment, channel: Channel) -> export.Attachment:
    """Raises Refused field_missing, field_invalid, note_too_long, extension_not_allowed, attachment_too_large, content_missing."""
    return _note(change) if change.type == "note" else _file(change)


def _note(change: Attachment) -> export.Attachment:
    if not change.text:
        raise Refused("quarantined", "field_missing", field="text")
    if len(change.text) > LONGEST_NOTE:
        raise Refused("quarantined", "note_too_long")
    return export.Attachment.of(change, sha256=hashlib.sha256(change.text.encode()).hexdigest(), size=None, mime=None, extension=None)


def _file(change: Attachment) -> export.Attachment:
    if not change.extension:
        raise Refused("quarantined", "field_missing", field="extension")
    if change.extension not in set().union(*EXTENSIONS.values()):
        raise Refused("quarantined", "extension_not_allowed", extension=change.extension)
    if change.extension not in EXTENSIONS[change.type]:
        raise Refused("quarantined", "field_invalid", field="type", value=change.type)
    if change.sha256 is None or change.size is None or change.mime is None:
        raise Refused("waiting", "content_missing", name=change.name)
    if not 0 < change.size <= LARGEST:
        raise Refused("quarantined", "attachment_too_large" if change.size else "field_missing", name=change.name, field="content")
    return export.Attachment.of(change, text=None)
