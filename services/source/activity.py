"""One active period of a channel on one connection: its cursor, and whose turn it is (live, snapshot, wanted, calendar)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Protocol

from schemas.channel import Channel
from schemas.topics import KINDS
from services.kernel.kafka_admin import topics_present
from services.kernel.logging import log
from services.kernel.postgres import Connection, ConnectionLost, DatabaseError, Queries, Unreachable
from services.source.live import Cursor, Live
from services.source.outbox import Gap
from services.source.pipeline import Pipeline
from services.source.publish import Records
from services.source.snapshot import Snapshots, open_snapshots
from services.source.surroundings import Surroundings
from services.source.views import Views
from services.source.wanted import Wanted

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
POLL_S = 1.0
OUR_DATABASE = (Unreachable, DatabaseError, *ConnectionLost)


class ChannelWork(Protocol):
    """Whose activity it is; `wake` is set while something is announced and not looked at."""

    channel: str
    wake: asyncio.Event
    found: int


class Activity:
    """Everything a channel's loop does while the channel is active."""

    def __init__(self, loop: ChannelWork, around: Surroundings, reader: Connection, pipeline: Pipeline) -> None:
        self._loop, self._channel, self._is_called = loop, loop.channel, loop.wake.is_set
        self._around, self._reader, self._pipeline = around, reader, pipeline
        self._kinds: Sequence[str] = KINDS
        self._polled_at = 0.0
        self.is_behind = False  # more than what has just been changed is to be sent: without a pause

    async def begin(self) -> None:
        """Takes up the channel where it was left; one without a cursor begins with a snapshot of all kinds."""
        channel, around, reader = self._channel, self._around, self._reader
        self._records = Records(channel, around.settings.installation, await topics_present(around.settings.kafka))
        views = Views(channel, reader, self._records, around.blobs)
        self.live = Live(channel, reader, around.cee, views, self._pipeline)
        self._snapshots = Snapshots(reader, around.cee, views, self._pipeline, self._is_called)
        self._wanted = Wanted(channel, around, reader, self._records, self._pipeline)
        self._kinds = await self._view_kinds()
        cursor = await reader.fetchrow(QUERIES.cursor, channel)
        if cursor is None:
            await self._begin_anew("first snapshot")
        elif cursor["gap"]:
            await self._begin_anew("the outbox was cleared beyond the cursor", gap=True)
        else:
            self.live.at(Cursor.of(cursor))

    def hurry(self) -> None:
        """What is wanted is looked at in the next turn."""
        self._polled_at = 0.0

    async def turn(self, settings: Channel, publish_settings: Callable[[], Awaitable[None]]) -> bool:
        """One batch of each that has something; False when nobody had."""
        busy = False
        self.is_behind = True
        if time.monotonic() - self._polled_at > POLL_S:
            busy = await self._poll(settings)
            self._polled_at = time.monotonic()
        try:
            found = await self.live.step(self._kinds, publish_settings)
        except Gap as gap:
            await self._begin_anew(str(gap), gap=True)
            return True
        self._loop.found += found
        # what is read later must be published later, so chunks and live changes take turns on one connection
        reading = await self._snapshots.step(self._kinds)
        self.is_behind = reading or self.live.is_behind
        return reading or found or busy

    async def _poll(self, settings: Channel) -> bool:
        await self._follow_calendar(settings.time_zone)
        try:
            self._kinds = await self._view_kinds()
            busy = await self._wanted.step(self._kinds)
        except OUR_DATABASE as error:  # live changes don't need our database
            log.warning("wanted rows can't be read", action="wanted_unreachable", channel=self._channel, error=str(error))
            return False
        if busy:
            self._snapshots.look()
        return busy

    async def _view_kinds(self) -> Sequence[str]:
        """The kinds that come from CEE's views; the others are ingested."""
        ingested = {row["kind"] for row in await self._around.ours.fetch(QUERIES.ingested_kinds, self._channel)}
        return [kind for kind in KINDS if kind not in ingested]

    async def _follow_calendar(self, time_zone: str) -> None:
        """The daily tick in the channel's own time zone."""
        cursor, today = self.live.cursor, await self._reader.fetchval(QUERIES.today, time_zone)
        if cursor.tick is not None and cursor.tick >= today:
            return
        await self._pipeline.drain()
        async with self._reader.transaction():
            made = await self._reader.fetchval(QUERIES.tick, self._channel, cursor.tick or today, today)
            await self.live.fenced(QUERIES.move_tick, today)
        cursor.step, cursor.tick = cursor.step + 1, today
        log.info("a new day", action="tick", channel=self._channel, day=str(today), due=made)

    async def _begin_anew(self, reason: str, gap: bool = False) -> None:
        """A cursor at the present, and the whole state of all kinds behind it."""
        await self._pipeline.drain()
        channel, reader = self._channel, self._reader
        time_zone = await reader.fetchval(QUERIES.time_zone, channel)
        async with reader.transaction():
            before = await reader.fetchrow(QUERIES.cursor, channel)
            if gap and before is not None:
                await reader.execute(QUERIES.gap, channel, reason, before["txid"], before["seq"])
                await reader.execute(QUERIES.drop_cursor, channel)
            await reader.execute(QUERIES.begin_cursor, channel, time_zone)
            await open_snapshots(reader, channel, KINDS, reason)
        cursor = await reader.fetchrow(QUERIES.cursor, channel)
        assert cursor is not None
        self.live.at(Cursor.of(cursor))
        self._snapshots.look()
        log.log(40 if gap else 20, reason, action="gap" if gap else "first_snapshot", channel=channel)
