"""The "last transfer" marker of a topic-to-topic lane: the group's committed offsets, mirrored in PostgreSQL.

The committed offset may be behind what was settled, never ahead (faults.md 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import orjson

from schemas.topics import parse
from services.kernel.kafka import Consumer, NotOwner, Partition
from services.kernel.logging import log
from services.kernel.postgres import Pool, PooledConnection, Queries
from services.kernel.row_marks import Gap, OnGap

QUERIES = Queries(Path(__file__).with_name("marks.sql"))


async def want_snapshot(connection: PooledConnection, gap: Gap) -> None:
    """What CEE stated is read again from CEE (faults.md 1)."""
    _, channel, kind = parse(gap.partition[0])
    await connection.execute(QUERIES.want_snapshot, channel, kind, f"gap: marker {gap.offset}, log starts at {gap.start}")


class KafkaMarks:
    """Marks of one consumer group. A lost offset is restored from the mirror; one below the log start is a gap: `on_gap`."""

    def __init__(self, lane: str, pool: Pool, on_gap: OnGap = want_snapshot) -> None:
        self._lane, self._pool, self._on_gap = lane, pool, on_gap

    async def positions(self, consumer: Consumer, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """Committed offset, else the mirror's, else (never transferred) the log's start."""
        starts, ends = await consumer.beginnings(partitions), await consumer.ends(partitions)
        rows = await self._pool.fetch(QUERIES.mirrored, self._lane)
        mirror = {(row["topic"], row["topic_partition"]): row["next_offset"] for row in rows}
        found = {}
        for partition in partitions:
            offset = await consumer.committed(partition)
            if offset is None and partition in mirror:
                offset = mirror[partition]
                log.warning("marker restored from its mirror", action="marker_restored", lane=self._lane, topic=partition[0], offset=offset)
            if offset is not None and not starts[partition] <= offset <= ends[partition]:
                await self._gap(partition, offset, starts[partition])
                offset = None
            found[partition] = starts[partition] if offset is None else offset
        return found

    async def _gap(self, partition: Partition, offset: int, start: int) -> None:
        """What lies between the marker and the log start is gone: said, and made up for where that is possible."""
        log.error(
            "the log no longer holds what follows the marker", action="gap", lane=self._lane, topic=partition[0], offset=offset, start=start
        )
        async with self._pool.acquire() as connection, connection.transaction():
            await self._on_gap(connection, Gap(partition, offset, start))

    async def settled(self, consumer: Consumer, offsets: dict[Partition, int]) -> None:
        """Commits to Kafka, then mirrors: the mirror may be behind as well, never ahead."""
        try:
            await consumer.commit(offsets, orjson.dumps({"epoch": 0}).decode())
        except NotOwner as error:  # what was sent is sent again by the new owner: lower or equal versions change nothing
            log.warning("marker not moved", action="marker_not_owned", lane=self._lane, error=str(error))
            return
        topics, numbers = [p[0] for p in offsets], [p[1] for p in offsets]
        await self._pool.execute(QUERIES.mirror, self._lane, topics, numbers, list(offsets.values()))
