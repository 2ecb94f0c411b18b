"""Content-Encoding of a stream: zstd where the client takes it, gzip otherwise, nothing if it wants neither."""

from __future__ import annotations

import zlib
from typing import Protocol

import zstandard

_GZIP = 16 + zlib.MAX_WBITS


class Compressor(Protocol):
    """Turns chunks into bytes for the wire; each chunk can be decoded as soon as it has arrived."""

    def chunk(self, data: bytes) -> bytes: ...

    def end(self) -> bytes: ...


class _Zstd:
    def __init__(self) -> None:
        self._stream = zstandard.ZstdCompressor(level=3).compressobj()

    def chunk(self, data: bytes) -> bytes:
        return self._stream.compress(data) + self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)

    def end(self) -> bytes:
        return self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_FINISH)


class _Gzip:
    def __init__(self) -> None:
        # level 4: half the time of the default for some 3 % more bytes
        self._stream = zlib.compressobj(4, zlib.DEFLATED, _GZIP)

    def chunk(self, data: bytes) -> bytes:
        return self._stream.compress(data) + self._stream.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        return self._stream.flush()


class _Plain:
    def chunk(self, data: bytes) -> bytes:
        return data

    def end(self) -> bytes:
        return b""


def negotiate(accept_encoding: str | None) -> tuple[str | None, Compressor]:
    """The Content-Encoding (None = as it is) and its compressor for an Accept-Encoding header."""
    accepted = _weights(accept_encoding or "")
    if accepted.get("zstd", 0) > 0:
        return "zstd", _Zstd()
    if accepted.get("gzip", accepted.get("*", 0)) > 0:
        return "gzip", _Gzip()
    return None, _Plain()


def _weights(header: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for part in header.lower().split(","):
        name, _, parameters = part.partition(";")
        _, _, weight = parameters.replace(" ", "").partition("q=")
        try:
            found[name.strip()] = float(weight) if weight else 1.0
        except ValueError:
            found[name.strip()] = 0.0
    return found
