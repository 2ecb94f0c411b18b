"""Bodies of uploads: taken off the wire within limits of bytes and time, decompressed without ever holding more than is allowed.

Used by the middleware and by routes/push.py.
"""

from __future__ import annotations

import asyncio
import zlib
from typing import Any

import zstandard
from starlette.types import Message, Receive

from services.kernel.http import Problem

UPLOADS = 16 << 20  # bytes of one request's lines, on the wire and decompressed
_GZIP = 16 + zlib.MAX_WBITS
_WINDOW = 8 << 20
_PIECE = 256  # bytes of zstd at a time: the worst they can become is 8 MB


class Streamed:
    """A body that its route reads as it comes. Before the answer the rest is taken and thrown away: who still sends would not hear it."""

    def __init__(self, receive: Receive, limit: int, seconds: float) -> None:
        self._receive, self._limit, self._seconds = receive, limit, seconds
        self._deadline: float | None = None
        self._size, self._ended = 0, False

    async def receive(self) -> Message:
        """Raises Problem 413 behind the limit, 408 after the time."""
        if self._ended:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        self._deadline = self._deadline or now + self._seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            self._ended = True
            raise Problem(408, "body_too_slow", f"The body did not arrive within {self._seconds:g} seconds.") from None
        self._size += len(message.get("body", b""))
        self._ended = message["type"] == "http.disconnect" or not message.get("more_body")
        if self._size > self._limit:
            self._ended = True
            raise too_large(self._limit)
        return message

    async def drain(self) -> None:
        """Takes what is still to come, up to the limits."""
        try:
            while not self._ended:
                await self.receive()
        except Problem:
            pass


def too_large(limit: int) -> Problem:
    return Problem(413, "body_too_large", f"A body has at most {limit} bytes.", limit=limit)


def decompressed(body: bytes, encoding: str | None) -> bytes:
    """The lines of a body. Raises Problem 413 for more than UPLOADS bytes, 400 for what is cut or broken, 415 for another encoding."""
    name = (encoding or "identity").strip().lower()
    if name == "identity":
        return body
    if name not in ("gzip", "zstd"):
        raise Problem(415, "encoding_unknown", "Content-Encoding is gzip, zstd or identity.")
    try:
        whole, found = _gunzip(body) if name == "gzip" else _unzstd(body)
    except (zlib.error, zstandard.ZstdError):
        raise _broken(name) from None
    if len(found) > UPLOADS:
        raise too_large(UPLOADS)
    if not whole:
        raise _broken(name)
    return found


def _gunzip(body: bytes) -> tuple[bool, bytes]:
    stream: Any = zlib.decompressobj(_GZIP)
    found = stream.decompress(body, UPLOADS + 1)
    return stream.eof and not stream.unused_data, found


def _unzstd(body: bytes) -> tuple[bool, bytes]:
    stream = zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()
    found = bytearray()
    for at in range(0, len(body), _PIECE):
        if stream.eof:
            return False, bytes(found)
        found += stream.decompress(body[at : at + _PIECE])
        if len(found) > UPLOADS:
            break
    return stream.eof and not stream.unused_data, bytes(found)


def _broken(name: str) -> Problem:
    return Problem(400, "body_broken", f"The body is no whole {name} stream.")
