"""The blob step: an attachment's content is stored under its SHA-256 before its record goes out (design.md 7.9).

Each content is fetched and checked once; what became of it is remembered in CEE's database by content id and extension.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from services.kernel.blobs import BlobStore
from services.kernel.postgres import Pool, Queries
from services.kernel.signatures import CONTENT_LIMIT, fits, mime_of
from services.source.publish import Row

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
AT_ONCE = 16  # contents in memory, at most 3 MB each: their syncs to disk overlap

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a content: where it is, or why it is nowhere."""

    sha256: str | None = None
    size: int | None = None
    mime: str | None = None
    problem: Fields | None = None

    def onto(self, body: Fields) -> Fields:
        if self.problem is not None:
            problem = self.problem | {"params": self.problem["params"] | {"name": body.get("name")}}  # it may have been renamed since
            return body | {"problems": [*(body.get("problems") or []), problem]}
        return body | {"sha256": self.sha256, "size": self.size, "mime": self.mime}


MISSING = Stored(problem={"code": "content_missing", "params": {}})


class Blobs:
    """The blob step of one CEE database."""

    def __init__(self, cee: Pool, store: BlobStore) -> None:
        self._cee, self._store = cee, store
        self._room = asyncio.Semaphore(AT_ONCE)

    async def complete(self, rows: Sequence[Row]) -> list[Row]:
        """The rows with `sha256`, `size`, `mime` or a problem in their bodies; a removal's body stays as it is."""
        bodies = [orjson.loads(row.body) for row in rows]
        wanted = {_name(body): body for row, body in zip(rows, bodies, strict=True) if row.member and body.get("content_id")}
        stored = await self._known(list(wanted))
        missing = [name for name in wanted if name not in stored]
        fetched = await asyncio.gather(*[self._fetch(wanted[name]) for name in missing])
        stored |= dict(zip(missing, fetched, strict=True))
        # a content that is missing is not remembered: it may come, and then the attachment is due again
        kept = [
            (name, blob.sha256, blob.size, blob.mime, blob.problem)
            for name, blob in zip(missing, fetched, strict=True)
            if blob is not MISSING
        ]
        if kept:
            await self._cee.executemany(QUERIES.keep_blob, kept)
        return [self._with(row, body, stored) for row, body in zip(rows, bodies, strict=True)]

    def _with(self, row: Row, body: Fields, stored: dict[str, Stored]) -> Row:
        found = stored.get(_name(body)) if row.member and body.get("content_id") else None
        if found is not None:
            body = found.onto(body)
        elif row.member and isinstance(body.get("text"), str):
            body |= {"sha256": hashlib.sha256(body["text"].encode()).hexdigest()}  # a note's content is its text
        return replace(row, body=orjson.dumps(body))

    async def _known(self, names: list[str]) -> dict[str, Stored]:
        """Contents dealt with before; one whose file is gone from the store is fetched again."""
        rows = await self._cee.fetch(QUERIES.known_blobs, names) if names else []
        found = {row["content_id"]: Stored(row["sha256"], row["size"], row["mime"], row["problem"]) for row in rows}
        return {key: blob for key, blob in found.items() if blob.sha256 is None or self._store.exists(blob.sha256)}

    async def _fetch(self, body: Fields) -> Stored:
        async with self._room:
            row = await self._cee.fetchrow(QUERIES.content, body["content_id"], CONTENT_LIMIT)
            size, content = (row["size"], row["content"]) if row else (None, None)
            return await self._judge(body, size, content) if size else MISSING

    async def _judge(self, body: Fields, size: int, content: bytes | None) -> Stored:
        extension = str(body.get("extension"))
        mime = mime_of(extension)
        if mime is None:
            return Stored(problem=_problem("extension_not_allowed", extension=extension))
        if content is None:
            return Stored(problem=_problem("attachment_too_large", size=size, limit=CONTENT_LIMIT))
        if not fits(extension, content):
            return Stored(problem=_problem("content_type_mismatch", extension=extension))
        return Stored(await self._store.put(content), size, mime)


def _name(body: Fields) -> str:
    """What decides the fate of a content: its bytes and what it claims to be."""
    return f"{body.get('content_id')}.{body.get('extension')}"


def _problem(code: str, **params: Any) -> Fields:
    return {"code": code, "params": params}
