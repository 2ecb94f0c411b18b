"""Attachments and notes (domain.md 4.3). Whether the content has come, and is what it says, is for the writer to find out."""

from __future__ import annotations

import hashlib
import re

from schemas.channel import Channel
from schemas.defect import shortened
from schemas.files import LARGEST, extension_defect
from schemas.imports import attachments as imports
from schemas.mobile.attachments import Attachment
from schemas.mobile.names import named
from services.importer.refusal import refused
from services.kernel.guard import Refused

_FILENAME = re.compile(r"[^\x00-\x1f\x7f/\\]+")  # whoever saves the file under its name must stay in his folder


def handle(upload: Attachment, channel: Channel) -> imports.Attachment:
    """Raises Refused field_missing, field_invalid, extension_not_allowed, attachment_too_large."""
    key, source_id = (upload.owner_key, None) if upload.owner_kind == "article" else named(upload.owner_key)
    owner = {"owner_key": key, "owner_source_id": source_id}
    if upload.type == "note":
        if upload.text is None:
            raise Refused("rejected", "field_missing", field="text")
        digest = hashlib.sha256(upload.text.encode()).hexdigest()
        return imports.Attachment.of(upload, sha256=digest, size=None, extension=None, **owner)
    _check_file(upload)
    return imports.Attachment.of(upload, text=None, **owner)


def _check_file(upload: Attachment) -> None:
    if not _FILENAME.fullmatch(upload.name) or upload.name in (".", ".."):
        raise Refused("rejected", "field_invalid", field="name", value=shortened(upload.name))
    defect = extension_defect(upload.type, upload.extension)
    if defect:
        raise refused(defect)
    if upload.sha256 is None:
        raise Refused("rejected", "field_missing", field="sha256")
    if upload.size == 0:
        raise Refused("rejected", "field_missing", field="content")
    if upload.size is not None and upload.size > LARGEST:
        raise Refused("rejected", "attachment_too_large", name=upload.name)
