"""Contents on their way in: the bytes that have arrived of each, in a folder of the blob store, so that any gateway goes on with them.

Used by routes/files.py. What nobody continues for a day is thrown away.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

from services.kernel.http import Problem

KEPT_S = 24 * 3600.0
SWEEP_S = 600.0


class PartialFiles:
    """By name, which may be any text: the file is called by its hash."""

    def __init__(self, root: Path) -> None:
        self._root = root / ".incoming"

    def path(self, name: str) -> Path:
        return self._root / hashlib.sha256(name.encode()).hexdigest()

    def size(self, name: str) -> int:
        """Bytes that have arrived; 0 where none have."""
        try:
            return self.path(name).stat().st_size
        except FileNotFoundError:
            return 0

    async def append(self, name: str, offset: int, length: int, chunks: AsyncIterator[bytes]) -> int:
        """Adds chunks at `offset` and returns how many bytes there are now; what came before a break stays.

        Raises Problem 409 `offset_wrong` (another number of bytes is there) or `upload_busy`, 413 behind `length`.
        """
        self._root.mkdir(parents=True, exist_ok=True)
        with self.path(name).open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Problem(409, "upload_busy", "This file is being uploaded by another request. Ask for its offset and go on.") from None
            size = os.fstat(file.fileno()).st_size
            if size != offset:
                raise Problem(409, "offset_wrong", f"{size} bytes of this file are here. Go on behind them.", offset=size)
            async for chunk in chunks:
                if size + len(chunk) > length:
                    raise Problem(413, "file_too_long", f"This file was said to have {length} bytes; more have come.")
                file.write(chunk)
                size += len(chunk)
        return size

    def read(self, name: str) -> bytes:
        return self.path(name).read_bytes()

    def drop(self, name: str) -> None:
        self.path(name).unlink(missing_ok=True)

    async def keep_clean(self, stop: asyncio.Event) -> None:
        """Until `stop`."""
        while not stop.is_set():
            await asyncio.to_thread(self.sweep, time.time() - KEPT_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(SWEEP_S):
                    await stop.wait()

    def sweep(self, before: float) -> None:
        """Removes what was last added to before this moment, in seconds since 1970."""
        for path in self._root.iterdir() if self._root.is_dir() else ():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()
