"""Content of attachments, stored once per SHA-256 in a directory. Durable before it is named anywhere (design.md 7.9)."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import tempfile
from pathlib import Path

_HEX = re.compile(r"[0-9a-f]{64}")


class BlobStore:
    """`put` returns when content and directory entry are synced; a name is never more than 64 hex digits."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, sha256: str) -> Path:
        """Where a content is or would be; raises ValueError for anything but 64 lower-case hex digits."""
        if not _HEX.fullmatch(sha256):
            raise ValueError("not a sha256")
        return self._root / sha256[:2] / sha256

    def exists(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    async def put(self, content: bytes) -> str:
        """Stores bytes, returns their sha256; storing the same again changes nothing."""
        return await asyncio.to_thread(self._put, content)

    def _put(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256)
        if path.is_file():
            return sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        return sha256
