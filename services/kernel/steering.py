"""What operators and runs want of the lanes of a process: rows of our database, read again when somebody says so and each second.

A database that is away changes nothing: lanes go on as they were told last.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from services.kernel.course import LIVE, Order, Wanted
from services.kernel.logging import log
from services.kernel.postgres import ConnectionLost, DatabaseError, Pool, Queries, Row, listen

QUERIES = Queries(Path(__file__).with_name("steering.sql"))
SIGNAL = "ceebus_steer"
POLL_S = 1.0
Direction = Literal["export", "import"]


class Steering:
    """`of(channel)` is what is wanted now. `run` keeps it so; whoever needs it waits for `ready` first."""

    def __init__(self, pool: Pool, url: str, direction: Direction) -> None:
        self._pool, self._url, self._direction = pool, url, direction
        self._wanted: dict[str, Wanted] = {}
        self._look = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []
        self.ready = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None

    def of(self, channel: str) -> Wanted:
        return self._wanted.get(channel, LIVE)

    def on_change(self, called: Callable[[], None]) -> None:
        """`called` after each change, in the loop."""
        self._listeners.append(called)

    def off_change(self, called: Callable[[], None]) -> None:
        self._listeners.remove(called)

    def hold(self, channel: str, reason: str) -> None:
        """A lane holds itself: at once here, and as a row for everybody else."""
        log.error(reason, action="lane_held", channel=channel)
        self._wanted[channel] = replace(self.of(channel), held=True)
        self._writing = asyncio.create_task(self._hold(channel, reason))

    async def _hold(self, channel: str, reason: str) -> None:
        """Until it is written: a row that says something else would release the lane."""
        while True:
            try:
                await self._pool.execute(QUERIES.hold, channel, self._direction, reason)
                return
            except (DatabaseError, TimeoutError, *ConnectionLost) as error:
                log.warning("the hold can't be written yet", action="steering_unreachable", error=str(error))
                await asyncio.sleep(POLL_S)

    async def run(self) -> None:
        """Until cancelled."""
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                self._look.clear()
                await self._read()
                try:
                    async with asyncio.timeout(POLL_S):
                        await self._look.wait()
                except TimeoutError:
                    pass
        finally:
            listening.cancel()

    async def _listen(self) -> None:
        async for _ in listen(self._url, SIGNAL):
            self._look.set()

    async def _read(self) -> None:
        try:
            async with self._pool.acquire() as connection:
                wanted = await connection.fetch(QUERIES.wanted, self._direction)
                orders = await connection.fetch(QUERIES.orders, f"{self._direction}.")
        except (DatabaseError, TimeoutError, *ConnectionLost) as error:
            log.warning("what is wanted of the lanes can't be read", action="steering_unreachable", error=str(error))
            return
        if self._writing is not None and not self._writing.done():
            return
        found = _together(wanted, orders, self._direction)
        if found != self._wanted or not self.ready.is_set():
            self._wanted = found
            self.ready.set()
            for called in list(self._listeners):
                called()


def _together(wanted: Iterable[Row], orders: Iterable[Row], direction: str) -> dict[str, Wanted]:
    by_channel: dict[str, dict[str, Order]] = defaultdict(dict)
    for row in orders:
        by_channel[row["lane"].removeprefix(f"{direction}.")][row["topic"]] = _order(row)
    found = {channel: Wanted(orders=orders) for channel, orders in by_channel.items()}
    for row in wanted:
        about = (row["mode"], row["queue"], row["weight"], row["held"], row["detached"])
        found[row["channel"]] = Wanted(*about, by_channel.get(row["channel"], {}))
    return found


def _order(row: Row) -> Order:
    keys = None if row["keys"] is None else frozenset(key.encode() for key in row["keys"])
    bounds, seeks, markers = ({int(number): offset for number, offset in row[name].items()} for name in ("bounds", "seeks", "markers"))
    run = str(row["run"]) if row["run"] else None
    return Order(row["seq"], run, row["force"], bounds, seeks, markers, row["own"], keys)
