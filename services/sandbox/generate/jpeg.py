"""A small baseline JPEG writer: mosaics of flat 8 x 8 tiles, which need one coefficient a tile. Opens in every viewer."""

from __future__ import annotations

import struct

Colour = tuple[int, int, int]  # luminance, blue and red difference: 0..255 each

_STEP = 8  # quantisation of the only coefficient used
# JPEG's usual code for the size of a difference (annex K.3): symbol -> (code, bits); one table serves all components
_SIZES = {
    0: (0, 2),
    1: (2, 3),
    2: (3, 3),
    3: (4, 3),
    4: (5, 3),
    5: (6, 3),
    6: (14, 4),
    7: (30, 5),
    8: (62, 6),
    9: (126, 7),
    10: (254, 8),
    11: (510, 9),
}
_END_OF_BLOCK = (0, 1)  # the second table holds this symbol alone


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _head(width: int, height: int, padding: bytes) -> bytes:
    parts = [b"\xff\xd8", _segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")]
    parts += [_segment(0xEF, padding[start : start + 65_000]) for start in range(0, len(padding), 65_000)]
    parts.append(_segment(0xDB, bytes([0]) + bytes([_STEP]) * 64))
    parts.append(_segment(0xC0, struct.pack(">BHHB", 8, height, width, 3) + bytes([1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0])))
    parts.append(_segment(0xC4, bytes([0x00]) + bytes([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]) + bytes(range(12))))
    parts.append(_segment(0xC4, bytes([0x10]) + bytes([1] + [0] * 15) + bytes([0])))
    parts.append(_segment(0xDA, bytes([3, 1, 0x00, 2, 0x00, 3, 0x00, 0, 63, 0])))
    return b"".join(parts)


def jpeg(tiles: list[list[Colour]], padding: bytes = b"") -> bytes:
    """A picture of len(tiles) rows; `padding` goes into application segments, as a camera's data would."""
    bits, count = 1, 0  # the leading 1 keeps zeros in front
    last = [0, 0, 0]
    for row in tiles:
        for tile in row:
            for component, level in enumerate(tile):
                value = (level - 128) * 8 // _STEP  # a flat block's coefficient is eight times its level
                difference, last[component] = value - last[component], value
                size = abs(difference).bit_length()
                code, length = _SIZES[size]
                amount = difference if difference >= 0 else difference + (1 << size) - 1
                bits = (((bits << length | code) << size | amount) << _END_OF_BLOCK[1]) | _END_OF_BLOCK[0]
                count += length + size + _END_OF_BLOCK[1]
    fill = -count % 8
    scan = ((bits << fill | (1 << fill) - 1) & (1 << count + fill) - 1).to_bytes((count + fill) // 8, "big")
    return _head(len(tiles[0]) * 8, len(tiles) * 8, padding) + scan.replace(b"\xff", b"\xff\0") + b"\xff\xd9"
