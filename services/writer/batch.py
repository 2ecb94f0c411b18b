"""A batch of import.* in transactions of CEE's database: effects, inbox, answers, waiting list and offset row together.

The work of the writer's lane. All owners of one channel meet at its gate row (design.md 7.8).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from schemas import topics
from schemas.channel import Channel
from services.kernel import metrics
from services.kernel.channels import ChannelFollower
from services.kernel.kafka import Record
from services.kernel.lane import Batch, LaneFailed
from services.kernel.logging import log
from services.writer.marks import WriterMarks
from services.writer.model import Parent
from services.writer.record import Accepted, Unanswerable, Verdict, read
from services.writer.settle import Desk, Settled
from services.writer.store import Line
from services.writer.target.port import CeeTarget

RECORDS = 500  # a transaction: the gate is never held for long
Committed = Callable[[str, set[Parent]], None]


def utc_now() -> datetime:
    return datetime.now(UTC)


class WriterBatch:
    """Called by the lane for each batch. `committed(channel, parents that came)` after each transaction: answers are waiting to be sent."""

    def __init__(self, url: str, channels: ChannelFollower, target: CeeTarget, marks: WriterMarks, committed: Committed) -> None:
        self._line, self._channels, self._target = Line(url), channels, target
        self._marks, self._committed = marks, committed

    async def __call__(self, batches: Sequence[Batch]) -> None:
        """Returns when all of it is committed. Raises LaneFailed when another owner is ahead; else it may be done again."""
        for batch in batches:
            await self._write(batch)

    async def _write(self, batch: Batch) -> None:
        _, channel_id, kind = topics.parse(batch.topic)
        channel = self._channels.channels.get(channel_id)
        if channel is None:
            raise LaneFailed(f"CEE has no channel {channel_id} any more")
        _, done = self._marks.expected(batch.topic, batch.partition)
        records = [record for record in batch.records if record.offset >= done]  # a second attempt, after some were committed
        for start in range(0, len(records), RECORDS):
            settled = await self._chunk(batch, channel, kind, records[start : start + RECORDS])
            settled.report(channel_id)
            self._committed(channel_id, settled.parents)
        if not records and batch.records:
            log.info("a batch that was committed before", action="batch_repeated", topic=batch.topic, partition=batch.partition)

    async def _chunk(self, batch: Batch, channel: Channel, kind: str, records: Sequence[Record]) -> Settled:
        store = await self._line.store()
        entries = _decoded(channel.id, kind, records)
        after = records[-1].offset + 1
        async with store.transaction():
            await store.lock(channel.id)
            desk = Desk(store, self._target, channel, utc_now())
            await desk.arrivals(entries)
            await desk.count()
            await self._marks.step(store.connection, (batch.topic, batch.partition), after)
        self._marks.stepped(batch.topic, batch.partition, after)
        return desk.settled

    def close(self) -> None:
        self._line.close()


def _decoded(channel: str, kind: str, records: Sequence[Record]) -> list[Accepted | Verdict]:
    """Whoever can't be answered is counted and named: it stops nobody else."""
    entries = []
    for record in records:
        try:
            entries.append(read(kind, record.key, record.value, record.headers, record.timestamp))
        except Unanswerable as error:
            metrics.RECORDS.labels("writer", channel, kind, "unanswerable").inc()
            log.error(
                "a record without a sender or an id",
                action="unanswerable",
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                error=str(error),
            )
    return entries
