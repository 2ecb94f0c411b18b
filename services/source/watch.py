"""Starts and ends a loop per channel as CEE knows them, and wakes the loops when CEE commits something."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from services.kernel.logging import log
from services.kernel.postgres import ConnectionLost, DatabaseError, Queries, Unreachable, listen
from services.source.hearing import Hearing
from services.source.loop import ChannelLoop
from services.source.surroundings import Surroundings

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
POLL_S = 1.0


class Watch:
    """The channels of this process. A failed loop ends the process: the supervisor starts it again."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._loops: dict[str, tuple[ChannelLoop, asyncio.Task[None]]] = {}
        self.answered_at = 0.0  # loop time of CEE's last answer

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; then waits for the loops to finish what is on its way."""
        url = self._around.settings.cee_database_url
        hearing = Hearing(self._around.cee, url, self._wake_all, lambda: sum(loop.found for loop, _ in self._loops.values()))
        waking = [asyncio.create_task(task) for task in (hearing.run(), self._wake_wanted())]
        try:
            while not stop.is_set():
                await self._match(stop)
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await stop.wait()
        finally:
            for task in waking:
                task.cancel()
            self._wake_all()
            await asyncio.gather(*[task for _, task in self._loops.values()])

    async def _match(self, stop: asyncio.Event) -> None:
        for channel in [channel for channel, (_, task) in self._loops.items() if task.done()]:
            self._loops.pop(channel)[1].result()
        try:
            rows = await self._around.cee.fetch(QUERIES.mobile_channels)
        except (Unreachable, DatabaseError, TimeoutError, *ConnectionLost) as error:
            log.warning("CEE's channels can't be read", action="channels_unreachable", error=str(error))
            return
        self.answered_at = asyncio.get_running_loop().time()
        for row in rows:
            if row["channel"] not in self._loops:
                loop = ChannelLoop(row["channel"], self._around)
                self._loops[row["channel"]] = (loop, asyncio.create_task(loop.run(stop)))

    def _wake_all(self) -> None:
        for loop, _task in self._loops.values():
            loop.wake.set()

    async def _wake_wanted(self) -> None:
        """Somebody waits for what he wants of a channel; a hint as well."""
        async for channel in listen(self._around.settings.database_url, "ceebus_wanted"):
            if channel in self._loops:
                self._loops[channel][0].hurry()
