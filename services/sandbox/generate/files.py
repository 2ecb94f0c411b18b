"""Contents of attachments: JPEG, PNG and PDF files that open, each different, made from a seeded Random."""

from __future__ import annotations

import struct
import zlib
from random import Random

from services.sandbox.generate.jpeg import Colour, jpeg

SMALL_TILES, FULL_TILES = 6, 24


def picture_jpg(rng: Random, full: bool = False) -> bytes:
    """A mosaic of about 800 bytes; `full`: 60 to 160 KB, as a catalogue picture has."""
    side = FULL_TILES if full else SMALL_TILES
    base = (rng.randint(60, 200), rng.randint(90, 160), rng.randint(90, 160))
    tiles = [[_shade(base, rng.getrandbits(24)) for _ in range(side)] for _ in range(side)]
    return jpeg(tiles, rng.randbytes(rng.randint(60_000, 160_000)) if full else b"")


def _shade(base: Colour, noise: int) -> Colour:
    return base[0] + (noise & 63) - 32, base[1] + (noise >> 8 & 31) - 16, base[2] + (noise >> 16 & 31) - 16


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def picture_png(rng: Random, side: int = 16) -> bytes:
    """A square of coloured noise, three bytes a pixel."""
    rows = b"".join(b"\0" + rng.randbytes(side * 3) for _ in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows, 1)) + _chunk(b"IEND", b"")


def document_pdf(title: str, lines: list[str]) -> bytes:
    """One A4 page of text; letters outside Latin-1 are shown as `?`."""
    shown = [line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for line in [title, *lines]]
    text = "BT /F1 11 Tf 60 780 Td 16 TL " + " ".join(f"({line}) Tj T*" for line in shown) + " ET"
    stream = text.encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)
