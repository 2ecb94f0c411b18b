"""Contents of attachments: which are stored, which were uploaded for an object, and their bytes. Used by target/attachments.py."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Protocol

from services.kernel.postgres import Queries
from services.writer.target.files import Files

QUERIES = Queries(Path(__file__).with_name("contents.sql"))


class Contents(Protocol):
    """What the operation needs to know of files; whole batches."""

    async def uploaded(self, channel: str, source_ids: Collection[str]) -> dict[str, set[str]]:
        """By source_id, the sha256 of each content that was uploaded for it."""
        ...

    async def stored(self, sha256s: Iterable[str]) -> set[str]:
        """Those that are in the blob store."""
        ...

    async def read(self, sha256: str) -> bytes:
        """The bytes of a stored content."""
        ...


class StoredContents:
    """`Contents` over the blob store and our database."""

    def __init__(self, files: Files) -> None:
        self._blobs, self._ours = files.blobs, files.ours

    async def uploaded(self, channel: str, source_ids: Collection[str]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for row in await self._ours.fetch(QUERIES.uploaded, channel, list(source_ids)) if source_ids else ():
            found.setdefault(row["source_id"], set()).add(row["sha256"])
        return found

    async def stored(self, sha256s: Iterable[str]) -> set[str]:
        wanted = set(sha256s)
        return await asyncio.to_thread(lambda: {sha256 for sha256 in wanted if self._blobs.exists(sha256)})

    async def read(self, sha256: str) -> bytes:
        return await asyncio.to_thread(self._blobs.path(sha256).read_bytes)
