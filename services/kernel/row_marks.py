"""Where a lane with effects in PostgreSQL stands: the offset row beside the effects decides, Kafka's offset is a copy for tools.

Used by feed and writer. Every transaction of the lane moves the row it owns. Taking a partition over raises the row's
epoch, so what the owner before still has in flight is refused (design.md 7.10, T07).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas import topics
from services.kernel import metrics
from services.kernel.kafka import Partition
from services.kernel.kafka_consumer import Consumer
from services.kernel.lane import LaneFailed, Marks
from services.kernel.logging import log
from services.kernel.postgres import Connection, Pool, PooledConnection, Queries

QUERIES = Queries(Path(__file__).with_name("row_marks.sql"))


@dataclass(frozen=True, slots=True)
class Gap:
    """The log of `partition` does not hold what follows `offset`: the lane goes on at `start`."""

    partition: Partition
    offset: int
    start: int


OnGap = Callable[[PooledConnection, Gap], Awaitable[None]]


class RowMarks(Marks):
    """The lane's hook: positions when partitions are assigned, a copy to Kafka when batches are durable.

    `on_gap` is called in the transaction that moves the row over the gap: what makes up for it is remembered, or nothing is.
    """

    def __init__(self, pool: Pool, lane: str, on_gap: OnGap) -> None:
        self._pool, self._lane, self._on_gap = pool, lane, on_gap
        self.standing: dict[Partition, tuple[int, int]] = {}

    def expected(self, topic: str, partition: int) -> tuple[int, int]:
        """(epoch, next offset) as this owner last left the row."""
        if (topic, partition) not in self.standing:
            raise LaneFailed(f"{topic} {partition} is not ours")
        return self.standing[topic, partition]

    def next_offset(self, partition: Partition) -> int | None:
        standing = self.standing.get(partition)
        return standing[1] if standing else None

    def stepped(self, topic: str, partition: int, after: int) -> None:
        """Call it after the commit of the transaction that moved the row."""
        self.standing[topic, partition] = (self.standing[topic, partition][0], after)

    async def step(self, connection: Connection, partition: Partition, after: int) -> None:
        """Moves the row inside the effects' transaction. Raises LaneFailed when another owner is ahead: roll back and stop."""
        epoch, expected = self.expected(*partition)
        if await connection.fetchval(QUERIES.step, self._lane, *partition, epoch, expected, after) is None:
            raise LaneFailed(f"another owner of {partition[0]} {partition[1]} is ahead of offset {expected}")

    async def positions(self, consumer: Consumer, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """The row's offset; the log's start where there is none, or where the log no longer holds what the row names.

        Kafka gets its copy: whoever was killed before copying it would seem to be behind until the next record comes.
        """
        found = await self.take_over(await consumer.bounds(partitions))
        await self.settled(consumer, found)
        return found

    async def take_over(self, bounds: Mapping[Partition, tuple[int, int]]) -> dict[Partition, int]:
        """Makes this process the owner of partitions with these log bounds; returns where to go on."""
        names, numbers = [p[0] for p in bounds], [p[1] for p in bounds]
        rows = await self._pool.fetch(QUERIES.take_over, self._lane, names, numbers, [start for start, _ in bounds.values()])
        found = {}
        for row in rows:
            partition, offset = (row["topic"], row["topic_partition"]), row["next_offset"]
            start, end = bounds[partition]
            if not start <= offset <= end:
                await self._pass(Gap(partition, offset, start))
                offset = start
            self.standing[partition] = (row["epoch"], offset)
            found[partition] = offset
        return found

    async def _pass(self, gap: Gap) -> None:
        """An event, never a silence (faults.md 1)."""
        log.error(
            "the log does not hold what follows the lane's offset",
            action="gap",
            lane=self._lane,
            topic=gap.partition[0],
            offset=gap.offset,
            start=gap.start,
        )
        async with self._pool.acquire() as connection, connection.transaction():
            await self._on_gap(connection, gap)
            await connection.execute(QUERIES.jump, self._lane, *gap.partition, gap.start)

    async def settled(self, consumer: Consumer, offsets: dict[Partition, int]) -> None:
        """Kafka's copy; a member that has just lost a partition can't commit it, and need not."""
        try:
            await consumer.commit(offsets)
        except Exception as error:
            log.info("offsets were not copied to Kafka", action="offset_copy_failed", error=f"{type(error).__name__}: {error}")
        self._show_lag(consumer)

    def _show_lag(self, consumer: Consumer) -> None:
        lag: Counter[tuple[str, str]] = Counter()
        for partition, (_, offset) in self.standing.items():
            end = consumer.highwater(partition) if partition in consumer.assignment() else None
            stream, channel, kind = topics.parse(partition[0])
            lag[channel, kind or stream] += max(0, (end or 0) - offset)
        for (channel, kind), records in lag.items():
            metrics.LAG.labels(self._lane, channel, kind).set(records)
