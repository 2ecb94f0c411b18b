"""Lines of a request body as it streams in, each of limited length; numbered from 1, blank ones counted but left out.

Used by the source for ingested changes and by the gateway for uploads.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass


class BodyTooLarge(Exception):
    """More bytes in one request than it may have."""


@dataclass(frozen=True, slots=True)
class Line:
    """`text` is cut off at the limit when `size` exceeds it."""

    number: int
    text: bytes
    size: int


async def read_lines(parts: AsyncIterable[bytes], limit: int, body_limit: int) -> AsyncIterator[Line]:
    """Raises BodyTooLarge. A line longer than `limit` bytes is passed over without being held in memory."""
    number, size, total, kept = 1, 0, 0, bytearray()
    async for part in parts:
        total += len(part)
        if total > body_limit:
            raise BodyTooLarge
        pieces = part.split(b"\n")
        for index, piece in enumerate(pieces):
            if index:
                if kept.strip():
                    yield Line(number, bytes(kept), size)
                number, size = number + 1, 0
                kept.clear()
            size += len(piece)
            kept += piece[: max(0, limit - len(kept))]
    if kept.strip():
        yield Line(number, bytes(kept), size)
