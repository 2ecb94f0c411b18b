"""Contents of attachments in a folder beside the database: fetched by hash, resumed where they broke off, checked."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

from services.sandbox.device.client import Client
from services.sandbox.device.failures import Refused

AT_ONCE = 4


class WrongContent(Exception):
    """What arrived does not have the hash it was asked by."""


class Files:
    """`<hash>` is a whole, checked content; `<hash>.part` the beginning of one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path:
        return self._folder / sha256

    def has(self, sha256: str) -> bool:
        return self.path(sha256).exists()

    def keep(self, sha256: str, content: bytes) -> None:
        """A content that was made here."""
        self.path(sha256).write_bytes(content)

    async def fetch(self, client: Client, wanted: list[str], at_once: int = AT_ONCE) -> int:
        """Gets what is missing of `wanted`, a few at once; returns how many. Raises WrongContent, Refused, Interrupted."""
        slots = asyncio.Semaphore(at_once)
        missing = [sha256 for sha256 in wanted if not self.has(sha256)]

        async def one(sha256: str) -> None:
            async with slots:
                await self.fetch_one(client, sha256)

        results = await asyncio.gather(*(one(sha256) for sha256 in missing), return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return len(missing)

    async def fetch_one(self, client: Client, sha256: str) -> None:
        part = self._folder / f"{sha256}.part"
        try:
            await self._resume(client, sha256, part)
        except Refused as refused:
            if refused.status != 416:
                raise
            # all bytes are here already, or too many: the hash decides
        if hashlib.sha256(part.read_bytes()).hexdigest() != sha256:
            part.unlink()
            raise WrongContent(f"the content {sha256} arrived with another hash")
        os.replace(part, self.path(sha256))

    async def _resume(self, client: Client, sha256: str, part: Path) -> None:
        start = part.stat().st_size if part.exists() else 0
        with part.open("ab") as file:  # what arrives before a break stays; the next try goes on behind it
            async for chunk in client.content(sha256, start):
                file.write(chunk)
