"""Which files a channel carries, by the type of the attachment (domain.md 3.9); the list is closed. Used in both directions."""

from __future__ import annotations

from schemas.defect import Defect

EXTENSIONS = {
    "image": frozenset({"jpg", "png", "bmp", "gif", "raw"}),
    "file": frozenset({"pdf", "doc", "docx", "txt"}),
    "recording": frozenset({"amr", "m4a", "mp3"}),
}
ALL_EXTENSIONS = frozenset().union(*EXTENSIONS.values())
LARGEST = 3 * 1024 * 1024  # bytes


def extension_defect(type_: str, extension: str | None) -> Defect | None:
    """What is wrong with the extension of an attachment that is no note."""
    if not extension:
        return Defect("field_missing", {"field": "extension"})
    if extension not in ALL_EXTENSIONS:
        return Defect("extension_not_allowed", {"extension": extension[:100]})
    return None if extension in EXTENSIONS[type_] else Defect("field_invalid", {"field": "type", "value": type_})
