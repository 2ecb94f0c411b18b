"""The right to publish a channel: an advisory lock on the connection that reads for it, and a lease on it (design.md 7.4).

A process that slept long enough to lose its connection asks before it sends; what slips in nevertheless is refused by version.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from services.kernel.postgres import Connection, Pool, Queries, connect

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
LEASE_S = 5.0
RETRY_S = 0.3


class LeaseLost(Exception):
    """Another process may publish this channel now."""


class Lease:
    """Says whether this process still is the one that publishes a channel."""

    def __init__(self, channel: str, reader: Connection, books: Pool, clock: Callable[[], float]) -> None:
        self._channel, self._reader, self._books, self._clock = channel, reader, books, clock
        self._pid = reader.get_server_pid()
        self._until = clock() + LEASE_S

    async def check(self) -> None:
        """Called before each send. Raises LeaseLost."""
        if self._clock() < self._until:
            return
        asked = self._clock()
        if self._reader.is_closed() or not await self._books.fetchval(QUERIES.lock_held, self._channel, self._pid):
            raise LeaseLost(f"the connection that holds channel {self._channel} is gone")
        self._until = asked + LEASE_S


@asynccontextmanager
async def held(url: str, channel: str, books: Pool, stop: asyncio.Event) -> AsyncIterator[tuple[Connection, Lease] | None]:
    """A connection that holds the channel's lock, waited for; None when asked to stop meanwhile. Raises Unreachable."""
    reader = await connect(url, application=f"ceebus-source-{channel}")
    try:
        # a chunk's rows and their sort stay in memory. The views' plans are long and always the same: made for each read of a few
        # changed keys anew, they took two to six times as long as the read itself
        await reader.execute("set work_mem = '64MB'; set jit = off; set plan_cache_mode = force_generic_plan")
        while not await reader.fetchval(QUERIES.try_lock, channel):
            if stop.is_set():
                yield None
                return
            await asyncio.sleep(RETRY_S)
        yield reader, Lease(channel, reader, books, time.monotonic)
    finally:
        reader.terminate()
