"""A lane that is steered by what a test wants of it, over one topic of a channel. Used by test_kernel_steering.py."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from schemas import topics
from services.kernel.course import LIVE, Order, Wanted
from services.kernel.kafka import Outgoing, producer
from services.kernel.kafka_admin import ensure_topics, group_offsets
from services.kernel.kafka_consumer import Consumer
from services.kernel.lane import Batch, Lane
from services.kernel.marks import KafkaMarks, want_snapshot
from services.kernel.postgres import Pool, pool
from services.kernel.settings import Settings

RUN = "11111111-1111-4111-8111-111111111111"


@dataclass
class Steered:
    """A lane over sales-reps, one partition, and what it has handed on: (key, run, parking)."""

    settings: Settings
    channel: str
    database: Pool
    wanted: Wanted = LIVE
    seen: list[tuple[str, str | None, bool]] = field(default_factory=list)

    @property
    def topic(self) -> str:
        return topics.cee(self.channel, "sales-reps")

    async def work(self, batches: Sequence[Batch]) -> None:
        self.seen.extend(((record.key or b"").decode(), batch.run, batch.parking) for batch in batches for record in batch.records)

    @asynccontextmanager
    async def running(self, made: type[Consumer] = Consumer) -> AsyncIterator[Lane]:
        consumer = made(self.settings.kafka, f"ceebus.export.{self.channel}", "test", "steered")
        marks = KafkaMarks(f"export.{self.channel}", self.database, want_snapshot, lambda: self.wanted)
        lane = Lane(f"export.{self.channel}", consumer, [self.topic], marks, self.work)
        lane.leaving = True
        await lane.start()
        try:
            yield lane
        finally:
            await lane.stop()

    def order(self, seq: int, mode: str | None = None, **about: object) -> None:
        order = Order(seq, RUN, **about)  # type: ignore[arg-type]
        self.wanted = replace(self.wanted, mode=mode or self.wanted.mode, orders={self.topic: order})  # type: ignore[arg-type]

    async def send(self, *keys: str, run: str | None = None) -> None:
        headers = [("ce_objectversion", b"1"), *([("ce_runid", run.encode())] if run else [])]
        async with producer(self.settings.kafka, "test") as out:
            await out.send_all(Outgoing(self.topic, 0, key.encode(), b"{}", list(headers)) for key in keys)

    def keys(self) -> str:
        return " ".join(key for key, _, _ in self.seen)

    async def marker(self) -> int:
        found = await group_offsets(self.settings.kafka, f"ceebus.export.{self.channel}")
        return found.get((self.topic, 0), (0, ""))[0]

    async def done(self, seq: int) -> bool:
        sql = "select done_seq >= $2 and position is null from ceebus.lane_offset where lane = $1"
        return bool(await self.database.fetchval(sql, f"export.{self.channel}", seq))

    async def is_away(self) -> bool:
        """Off the marker."""
        return bool(
            await self.database.fetchval("select position is not null from ceebus.lane_offset where lane = $1", f"export.{self.channel}")
        )


@asynccontextmanager
async def steered(settings: Settings, channel: str) -> AsyncIterator[Steered]:
    await ensure_topics(settings.kafka, topics.declared(channel))
    async with pool(settings.database_url) as database:
        yield Steered(settings, channel, database)
