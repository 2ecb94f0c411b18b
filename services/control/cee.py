"""CEE's database as control sees it: asked when needed, allowed to be away. An operator wants to look just then."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from services.kernel.postgres import ConnectionLost, DatabaseError, Pool, Queries, Row, Unreachable, pool

SQL = Queries(Path(__file__).with_name("cee.sql"))
AWAY_S = 2.0  # so long nobody tries again: a page that asks ten questions must not wait ten times


class CeeAway(Exception):
    """CEE's database does not answer, or offers no view of that name; the text says which."""


class Cee:
    """A pool that is opened by the first question; every failure is a CeeAway."""

    def __init__(self, url: str, application: str) -> None:
        self._url, self._application = url, application
        self._opened = AsyncExitStack()
        self._lock = asyncio.Lock()
        self._pool: Pool | None = None
        self._away: tuple[float, str] = (0.0, "")

    async def fetch(self, query: str, *values: Any, limit_s: float = 60) -> list[Row]:
        """The rows of a query; raises CeeAway."""
        try:
            opened = await self._open()
            async with asyncio.timeout(limit_s):
                return await opened.fetch(query, *values)
        except (DatabaseError, TimeoutError, *ConnectionLost) as error:
            raise CeeAway(f"CEE's database: {error or type(error).__name__}") from error

    async def _open(self) -> Pool:
        async with self._lock:
            if self._pool is not None:
                return self._pool
            if time.monotonic() - self._away[0] < AWAY_S:
                raise CeeAway(self._away[1])
            try:
                self._pool = await self._opened.enter_async_context(pool(self._url, size=3, application=self._application))
            except Unreachable as error:
                self._away = (time.monotonic(), f"CEE's database: {error}")
                raise CeeAway(self._away[1]) from error
            return self._pool

    async def close(self) -> None:
        await self._opened.aclose()
