"""The closed list of file types, and how a content of each must begin (domain.md 3.9)."""

from __future__ import annotations

import io
import zipfile

import pytest

from services.kernel.signatures import fits, mime_of

PNG = b"\x89PNG\r\n\x1a\n"


def zipped(name: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(name, "x")
    return held.getvalue()


@pytest.mark.parametrize(
    ("extension", "content", "good"),
    [
        ("jpg", b"\xff\xd8\xff\xe0", True),
        ("jpg", PNG, False),
        ("gif", b"GIF87a", True),
        ("bmp", b"BM", True),
        ("raw", b"II*\x00", True),
        ("raw", b"%PDF-1.7", False),
        ("raw", b"ID3", False),
        ("pdf", b"%PDF-1.7", True),
        ("doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", True),
        ("docx", zipped("word/document.xml"), True),
        ("docx", zipped("xl/workbook.xml"), False),
        ("docx", b"PK\x03\x04broken", False),
        ("txt", "Zażółć\tgęślą\r\n\f".encode(), True),
        ("txt", b"a\x00b", False),
        ("txt", b"a\x0bb", False),
        ("amr", b"#!AMR\n", True),
        ("m4a", b"\x00\x00\x00\x20ftypM4A ", True),
        ("m4a", b"ftyp", False),
        ("mp3", b"ID3\x04", True),
        ("mp3", b"\xff\xfb\x90", True),
        ("mp3", b"\xff\x1f", False),
    ],
)
def test_signatures(extension: str, content: bytes, good: bool) -> None:
    assert mime_of(extension)
    assert fits(extension, content) is good


def test_the_list_of_extensions_is_closed() -> None:
    assert mime_of("exe") is None
    assert mime_of("PNG") is None
