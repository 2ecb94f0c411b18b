"""The loop of one channel: takes the channel's lock, publishes its settings, and works for it while it is active."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from schemas.channel import Channel
from services.kernel import metrics
from services.kernel.kafka import DeliveryFailed, Producer, producer
from services.kernel.kafka import Unreachable as KafkaUnreachable
from services.kernel.logging import log
from services.kernel.postgres import Connection, ConnectionLost, DatabaseError
from services.kernel.postgres import Unreachable as PostgresUnreachable
from services.source.activity import POLL_S, Activity
from services.source.incarnation import check_incarnation
from services.source.lease import LeaseLost, held
from services.source.pipeline import Fenced, Pipeline
from services.source.settings_record import SettingsRecord
from services.source.surroundings import Surroundings

HELD_POLL_S = (0.005, 0.25)  # committed changes wait for an older transaction, whose end nobody announces: first, longest pause
# Changes that come one after the other are taken together: every batch costs each part of the way, and the devices, about the same
# whether it holds one record or twenty. Who changes something after a pause waits for nothing.
PACE_S = 0.03
AGAIN = (DeliveryFailed, LeaseLost, Fenced, KafkaUnreachable, PostgresUnreachable, DatabaseError, *ConnectionLost)


class ChannelLoop:
    """Publishes one channel while it holds the channel's lock; of an inactive one only its settings."""

    def __init__(self, channel: str, around: Surroundings) -> None:
        self.channel, self._around = channel, around
        self.wake = asyncio.Event()
        self.found = 0  # looks at the outbox that found something
        self.hurried = False  # something is wanted: looked at in the next turn, not in the next second

    def hurry(self) -> None:
        self.hurried = True
        self.wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`, or until CEE has no such channel any more. Outages are waited for."""
        client, pause = f"ceebus-source-{self._around.settings.instance}", 0.1
        while not stop.is_set():
            started = time.monotonic()
            try:
                async with producer(self._around.settings.kafka, client) as out:
                    await self._hold(out, stop)
                return
            except AGAIN as error:
                metrics.BATCH_FAILURES.labels("source").inc()
                log.warning("channel starts again", action="channel_again", channel=self.channel, error=f"{type(error).__name__}: {error}")
            pause = 0.1 if time.monotonic() - started > 10 else min(pause * 2, 5)
            await _wait(stop, pause)

    async def _hold(self, out: Producer, stop: asyncio.Event) -> None:
        around = self._around
        async with held(around.settings.cee_database_url, self.channel, around.cee, stop) as got:
            if got is None:
                return
            reader, lease = got
            await check_incarnation(around.cee, around.ours, around.settings)
            pipeline = Pipeline(lease, out)
            try:
                await _Tenure(self, around, reader, pipeline).run(stop)
            finally:
                await pipeline.abandon()


class _Tenure:
    """From the taking of the lock to its loss."""

    def __init__(self, loop: ChannelLoop, around: Surroundings, reader: Connection, pipeline: Pipeline) -> None:
        self._loop, self._channel, self._wake, self._around = loop, loop.channel, loop.wake, around
        self._reader, self._pipeline = reader, pipeline
        self._record = SettingsRecord(loop.channel, reader, around.settings)
        self._settings: Channel | None = None
        self._work: Activity | None = None
        self._looked_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        pause = HELD_POLL_S[0]
        while not stop.is_set():
            self._wake.clear()
            if time.monotonic() - self._looked_at > POLL_S:
                await self._publish_settings()
            if self._record.gone:
                return
            if self._settings is None or not self._settings.active:
                self._work = None
                await _wait(stop, POLL_S)
                continue
            if self._work is None:
                self._work = Activity(self._loop, self._around, self._reader, self._pipeline)
                await self._work.begin()
            if self._loop.hurried:
                self._loop.hurried = False
                self._work.hurry()
            began = time.monotonic()
            if await self._work.turn(self._settings, self._publish_settings):
                pause = HELD_POLL_S[0]
                if not self._work.is_behind:
                    await _wait(stop, began + PACE_S - time.monotonic())
                continue
            await self._pipeline.drain()
            held = self._work.live.held
            await _wait(self._wake, pause if held else POLL_S)
            pause = min(pause * 2, HELD_POLL_S[1]) if held else HELD_POLL_S[0]

    async def _publish_settings(self) -> None:
        """Reads the channel's settings and publishes them if they changed. Raises Fenced when the cursor was moved by others."""
        await self._pipeline.drain()
        self._settings, record = await self._record.read()
        if self._work is not None and self._record.step != self._work.live.cursor.step:
            raise Fenced(f"the cursor of channel {self._channel} is not as this loop left it")
        if record is not None:
            await self._pipeline.put([record], _nothing)
            await self._pipeline.drain()
            await self._record.sent(record)
        self._looked_at = time.monotonic()


async def _nothing() -> None:
    """A settings record has no cursor: a new process publishes it again."""


async def _wait(event: asyncio.Event, limit_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(limit_s):
            await event.wait()
