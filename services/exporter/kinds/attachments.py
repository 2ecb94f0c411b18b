"""Attachments and notes (domain.md 3.9). Signature and size were checked where the content was read (`problems`)."""

from __future__ import annotations

import hashlib

from schemas.cee.attachments import Attachment
from schemas.channel import Channel
from schemas.export import attachments as export
from schemas.files import LARGEST, extension_defect
from services.kernel.guard import Refused


def handle(change: Attachment, channel: Channel) -> export.Attachment:
    """Raises Refused field_missing, field_invalid, extension_not_allowed, attachment_too_large, content_missing."""
    return _note(change) if change.type == "note" else _file(change)


def _note(change: Attachment) -> export.Attachment:
    """A note has no content: its sha256 is that of the text."""
    if change.text is None:
        raise Refused("quarantined", "field_missing", field="text")
    return export.Attachment.of(change, sha256=hashlib.sha256(change.text.encode()).hexdigest(), size=None, mime=None, extension=None)


def _file(change: Attachment) -> export.Attachment:
    defect = extension_defect(change.type, change.extension)
    if defect:
        raise Refused("quarantined", defect.code, **defect.params)
    if change.sha256 is None or change.size is None or change.mime is None:
        raise Refused("waiting", "content_missing", name=change.name)
    if change.size > LARGEST:
        raise Refused("quarantined", "attachment_too_large", name=change.name)
    if change.size == 0:
        raise Refused("quarantined", "field_missing", field="content")
    return export.Attachment.of(change, text=None)
