"""What a device says of a file before it sends its bytes (tus: Upload-Length, Upload-Metadata). Used by routes/files.py."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

from schemas.codes import text
from schemas.defect import shortened
from schemas.export.results import messages
from schemas.files import ALL_EXTENSIONS, LARGEST
from services.gateway.senders import Sender
from services.kernel.http import Problem

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FILENAME = re.compile(r"[^\x00-\x1f\x7f/\\]{1,255}")  # a name, never a path


@dataclass(frozen=True, slots=True)
class Announced:
    """What was said about a file when its upload began."""

    channel: str
    sender: str
    source_id: str
    sha256: str
    length: int
    filename: str

    @property
    def extension(self) -> str:
        stem, _, found = self.filename.rpartition(".")
        return found.lower() if stem else ""


def announced_by(who: Sender, length: int, metadata: str) -> Announced:
    """Raises Problem 400, 413 and 422 for what will never become an attachment."""
    said = _metadata(metadata)
    for name, shape in (("source_id", _UUID), ("sha256", _SHA256), ("filename", _FILENAME)):
        if not said.get(name):
            raise refused("field_missing", field=name)
        if not shape.fullmatch(said[name]) or said[name] in (".", ".."):
            raise refused("field_invalid", field=name, value=shortened(said[name]))
    if length > LARGEST:
        raise refused("attachment_too_large", 413, name=said["filename"])
    if length == 0:
        raise refused("field_missing", field="content")
    found = Announced(who.channel, who.name, said["source_id"].lower(), said["sha256"], length, said["filename"])
    if found.extension not in ALL_EXTENSIONS:
        raise refused("extension_not_allowed", extension=shortened(found.extension))
    return found


def _metadata(header: str) -> dict[str, str]:
    """`name base64,name base64`; raises Problem 400."""
    try:
        pairs = [part.strip().partition(" ") for part in header.split(",")]
        return {name: base64.b64decode(value, validate=True).decode() for name, _, value in pairs}
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise Problem(400, "metadata_broken", "Upload-Metadata is `name value,name value` with values in Base64.") from None


def refused(code: str, /, status: int = 422, **params: Any) -> Problem:
    """A code of domain.md 8 as a problem, with its texts."""
    return Problem(status, code, text(code, "en", params), params=params, messages=messages(code, params).model_dump())
