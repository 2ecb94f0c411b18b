"""What waits goes on by itself: judged again when a parent has come, when CEE says something changed, and in turn every second.

Runs beside the lane, in transactions of its own that lock the channel's gate first, so it may run in several processes.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from schemas.channel import Channel
from services.kernel.channels import ChannelFollower
from services.kernel.logging import log
from services.kernel.postgres import ConnectionLost, DatabaseError, Pool, Unreachable, listen
from services.writer.batch import Committed, utc_now
from services.writer.model import Parent
from services.writer.settle import Desk
from services.writer.store import QUERIES, Line, Store, waiting_of
from services.writer.target.port import CeeTarget
from services.writer.wanted import Wanted

CHUNK = 500  # uploads a transaction
CHANGES = 5000  # rows of CEE's outbox a look
EVERY_S = 1.0
PAUSE_S = 0.01  # at least between two rounds: CEE may commit a thousand times a second
START = (-1, -1)  # before the first place (rank, seq)
Place = tuple[int, int]
OUTAGE = (Unreachable, DatabaseError, TimeoutError, *ConnectionLost)


class Releaser:
    """`wake` by what was committed here; `run` is the task."""

    def __init__(self, url: str, ours: Pool, channels: ChannelFollower, target: CeeTarget, answered: Callable[[], None]) -> None:
        self._url, self._line, self._channels, self._target, self._answered = url, Line(url), channels, target, answered
        self._wanted = Wanted(ours, target, self.committed)
        self._woken = asyncio.Event()
        self._parents: dict[str, set[Parent]] = {}
        self._turns: dict[str, Place] = {}
        self._swept_at = 0.0
        self._outbox_moved, self._outbox_seen = True, -1

    @property
    def committed(self) -> Committed:
        """What whoever commits something calls: answers go out, children of what came are looked at."""
        return self._committed

    def _committed(self, channel: str, parents: set[Parent]) -> None:
        self._answered()
        if parents:
            self._parents.setdefault(channel, set()).update(parents)
            self._woken.set()

    async def run(self) -> None:
        """Until cancelled; a lost database is waited for."""
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                try:
                    await self.round(await self._line.store())
                except OUTAGE as error:
                    log.warning("release is put off", action="release_failed", error=f"{type(error).__name__}: {error}")
                    self._line.close()
                await self._pause()
        finally:
            listening.cancel()
            self._line.close()

    async def _listen(self) -> None:
        """A hint only: the sweep comes by anyway."""
        async for _ in listen(self._url, "ceebus_outbox"):
            self._outbox_moved = True
            self._woken.set()

    async def _pause(self) -> None:
        await asyncio.sleep(PAUSE_S)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(EVERY_S):
                await self._woken.wait()
        self._woken.clear()

    async def round(self, store: Store) -> None:
        """Operators' wishes, children of what has come or changed, and once a second the next ones in turn."""
        active = {name: channel for name, channel in self._channels.channels.items() if channel.active}
        await self._wanted.step(store, active)
        waiting = {row["channel"] for row in await store.fetch(QUERIES.channels_waiting)}
        changed = await self._changed(store) if waiting else set()
        sweeping = time.monotonic() - self._swept_at >= EVERY_S
        for name in sorted(waiting & active.keys()):
            await self._children(store, active[name], self._parents.pop(name, set()) | changed)
            if sweeping:
                await self._sweep(store, active[name])
        self._parents = {name: parents for name, parents in self._parents.items() if name in waiting}
        if sweeping:
            self._swept_at = time.monotonic()

    async def _changed(self, store: Store) -> set[Parent]:
        """What CEE's outbox has named since the last look."""
        if self._outbox_seen < 0:
            ((self._outbox_seen,),) = await store.fetch(QUERIES.outbox_end)
        if not self._outbox_moved:
            return set()
        self._outbox_moved = False
        rows = await store.fetch(QUERIES.changed, self._outbox_seen, CHANGES)
        if rows:
            self._outbox_seen, self._outbox_moved = rows[-1]["seq"], self._outbox_moved or len(rows) == CHANGES
        return {(row["kind"], row["key"].replace("%2F", "/").replace("%25", "%")) for row in rows}

    async def _children(self, store: Store, channel: Channel, parents: Iterable[Parent]) -> None:
        named = sorted(parents)
        kinds, keys = [kind for kind, _ in named], [key for _, key in named]
        place: Place | None = START if named else None
        while place is not None:
            place = await self._chunk(store, channel, QUERIES.of_parents, (kinds, keys, *place))

    async def _sweep(self, store: Store, channel: Channel) -> None:
        """One chunk, in turn: a long waiting list must not take the gate from arrivals."""
        place = await self._chunk(store, channel, QUERIES.turn, self._turns.get(channel.id, START))
        self._turns[channel.id] = place or START

    async def _chunk(self, store: Store, channel: Channel, query: str, values: Sequence[object]) -> Place | None:
        """One transaction; returns the place to go on behind, None when there was no more."""
        now: datetime = utc_now()
        async with store.transaction():
            await store.lock(channel.id)
            rows = await store.fetch(query, channel.id, *values, now, CHUNK)
            desk = Desk(store, self._target, channel, now)
            await desk.waiting(waiting_of(rows))
            await desk.count()
        desk.settled.report(channel.id)
        if desk.settled.saids:
            self._committed(channel.id, desk.settled.parents)
        return (rows[-1]["rank"], rows[-1]["seq"]) if len(rows) == CHUNK else None
