"""When the loops of a process look: at each NOTIFY of CEE's commits or, while there are many of them, by the clock.

NOTIFY holds a lock of the whole server until its commit is on disk. So while changes come one after the other the source looks without
being told, and says so by an advisory lock: `ceebus.wake()`, which CEE's triggers call, then notifies nobody.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from services.kernel.logging import log
from services.kernel.postgres import MISSED, Connection, ConnectionLost, DatabaseError, Pool, Queries, Unreachable, connect, listen
from services.source.loop import PACE_S

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
MANY, WITHIN_S = 10, 0.3  # so many commits in so short a time: looking costs everybody less than being told
LOOKS = 20  # with something found in fewer than half of so many looks, being told costs less
SLOWEST_S = 0.25  # between two looks while a transaction is open that will not notify
CLOCK, LOOKED = "clock", "looked"  # what a source says itself: to the other ones, and to the writer's gates
OUTAGE = (Unreachable, DatabaseError, TimeoutError, *ConnectionLost)


class Hearing:
    """`wake` lets all loops look; `found` counts their looks that found something."""

    def __init__(self, pool: Pool, url: str, wake: Callable[[], None], found: Callable[[], int]) -> None:
        self._pool, self._url, self._wake, self._found = pool, url, wake, found
        self._clock: asyncio.Task[None] | None = None
        self._trailing: asyncio.Task[None] | None = None
        self._ask = False  # whether another process looks by the clock must be asked (again)

    async def run(self) -> None:
        """Until cancelled. A hint only: the loops poll as well."""
        heard: deque[float] = deque(maxlen=MANY)
        try:
            async for said in listen(self._url, "ceebus_outbox"):
                if said == LOOKED:
                    continue
                self._wake()
                self._ask = self._ask or said in (CLOCK, MISSED)
                heard.append(time.monotonic())
                are_many = len(heard) == MANY and heard[-1] - heard[0] < WITHIN_S
                if (are_many or self._ask) and (self._clock is None or self._clock.done()):
                    heard.clear()
                    self._clock = asyncio.create_task(self._by_the_clock(are_many))
        finally:
            await _ended(self._clock)
            await _ended(self._trailing)

    async def _by_the_clock(self, claims: bool) -> None:
        """Until there is little to find, or as long as another process looks by the clock and so nobody is told."""
        try:
            connection = await connect(self._url, application="ceebus-source-clock")
            try:
                newest = await self._until_told(connection, claims)
            finally:
                connection.terminate()
        except OUTAGE as error:
            log.warning("changes are looked for once a second", action="hearing_failed", error=f"{type(error).__name__}: {error}")
            return
        if newest is not None:
            await _ended(self._trailing)
            self._trailing = asyncio.create_task(self._trail(newest))

    async def _until_told(self, connection: Connection, claims: bool) -> int | None:
        """Returns when whoever commits notifies again; the first transaction that surely does, None if all of them did."""
        await connection.execute(QUERIES.lazily)
        looked = claims and await self._claimed(connection)
        while self._ask:
            self._ask = False
            looked = await self._follow(connection) or looked
        return int(await connection.fetchval(QUERIES.newest_transaction)) if looked else None

    async def _claimed(self, connection: Connection) -> bool:
        """Looks by the clock and says so, unless another process does."""
        if not await connection.fetchval(QUERIES.claim_clock):
            self._ask = True
            return False
        await connection.execute(QUERIES.say, CLOCK)
        looks: deque[bool] = deque([True] * LOOKS, maxlen=LOOKS)
        while sum(looks) >= LOOKS / 2:
            before = self._found()
            self._wake()
            await asyncio.sleep(PACE_S)
            looks.append(self._found() > before)
            if looks[-1]:
                await connection.execute(QUERIES.say, LOOKED)
        await connection.execute(QUERIES.release_clock)
        return True

    async def _follow(self, connection: Connection) -> bool:
        """Whether another process looks by the clock: as long as it does, nobody is told."""
        followed = False
        while await connection.fetchval(QUERIES.clock_claimed):
            followed = True
            self._wake()
            await asyncio.sleep(PACE_S)
        return followed

    async def _trail(self, newest: int) -> None:
        """Transactions that were open when the lock was released may have notified nobody: looks until all of them have ended."""
        pause = PACE_S
        with suppress(*OUTAGE):
            while not await self._pool.fetchval(QUERIES.have_ended, newest):
                self._wake()
                await asyncio.sleep(pause)
                pause = min(pause * 2, SLOWEST_S)
        self._wake()


async def _ended(task: asyncio.Task[None] | None) -> None:
    if task is not None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
