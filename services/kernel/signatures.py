"""Which files a channel carries and how their content must begin (domain.md 3.9). The whitelist is closed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

CONTENT_LIMIT = 3 * 1024 * 1024

_MAGIC: dict[str, tuple[bytes, ...]] = {
    "jpg": (b"\xff\xd8\xff",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "bmp": (b"BM",),
    "gif": (b"GIF87a", b"GIF89a"),
    "pdf": (b"%PDF-",),
    "doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",),
    "docx": (b"PK\x03\x04",),
    "amr": (b"#!AMR",),
}
_MIME = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "bmp": "image/bmp",
    "gif": "image/gif",
    "raw": "image/x-raw",
    "pdf": "application/pdf",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "txt": "text/plain",
    "amr": "audio/amr",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
}
_CONTROL = bytes(set(range(32)) - set(b"\t\n\f\r")) + b"\x7f"


def mime_of(extension: str) -> str | None:
    """The media type of a permitted extension; None for any other."""
    return _MIME.get(extension)


def fits(extension: str, content: bytes) -> bool:
    """Whether the content is what its extension says, as far as its first bytes tell."""
    check = _CHECKS.get(extension)
    return check(content) if check else _begins(extension, content)


def _begins(extension: str, content: bytes) -> bool:
    return content.startswith(_MAGIC[extension])


def _is_raw(content: bytes) -> bool:
    """Camera files have no signature of their own; they must not carry one of the others."""
    others = (*(_is_m4a, _is_mp3), *(lambda c, e=extension: _begins(e, c) for extension in _MAGIC))
    return not any(check(content) for check in others)


def _is_docx(content: bytes) -> bool:
    if not _begins("docx", content):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return any(name.startswith("word/") for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def _is_txt(content: bytes) -> bool:
    return not content.translate(None, delete=bytes(set(range(256)) - set(_CONTROL)))


def _is_m4a(content: bytes) -> bool:
    return content[4:8] == b"ftyp"


def _is_mp3(content: bytes) -> bool:
    return content.startswith(b"ID3") or (len(content) > 1 and content[0] == 0xFF and content[1] & 0xE0 == 0xE0)


_CHECKS: dict[str, Callable[[bytes], bool]] = {"raw": _is_raw, "docx": _is_docx, "txt": _is_txt, "m4a": _is_m4a, "mp3": _is_mp3}
