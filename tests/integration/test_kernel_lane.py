"""The lane against a real broker: nothing is committed that is not durable, nothing is skipped, verbs act between batches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable, Sequence
from contextlib import asynccontextmanager

import pytest

from schemas import topics
from services.kernel.kafka import Outgoing, Partition, partition_for, producer
from services.kernel.kafka_admin import ensure_topics, group_offsets
from services.kernel.kafka_consumer import Consumer
from services.kernel.lane import Batch, Lane, LaneFailed, Together, Work
from services.kernel.marks import QUERIES, KafkaMarks
from services.kernel.postgres import Pool, pool
from services.kernel.settings import Settings
from tests.stack import eventually


def alone(partition: Partition) -> Hashable:
    return partition


@asynccontextmanager
async def lane_of(
    settings: Settings, channel: str, database: Pool, work: Work, instance: str | None = None, together: Together = alone
) -> AsyncIterator[Lane]:
    consumer = Consumer(settings.kafka, f"ceebus.export.{channel}", "test", instance)
    marks = KafkaMarks(f"export.{channel}", database)
    lane = Lane(f"export.{channel}", consumer, [topics.cee(channel, "partners")], marks, work, together=together)
    await lane.start()
    try:
        yield lane
    finally:
        await lane.stop()


async def send(settings: Settings, channel: str, keys: list[str]) -> None:
    await ensure_topics(settings.kafka, topics.declared(channel))
    async with producer(settings.kafka, "test") as out:
        await out.send_all(
            Outgoing(topics.cee(channel, "partners"), partition_for(key.encode(), 4), key.encode(), b"{}", [("ce_objectversion", b"1")])
            for key in keys
        )


async def committed(settings: Settings, channel: str) -> int:
    return sum(offset for offset, _ in (await group_offsets(settings.kafka, f"ceebus.export.{channel}")).values())


async def test_offset_stays_when_the_work_fails(settings: Settings, channel: str) -> None:
    await send(settings, channel, ["A", "B", "C"])

    async def broken(_: Sequence[Batch]) -> None:
        raise RuntimeError("the sink is away")

    async with pool(settings.database_url) as database, lane_of(settings, channel, database, broken) as lane:
        with pytest.raises(LaneFailed, match="the sink is away"):
            await asyncio.wait_for(asyncio.shield(lane.failed), 60)
    assert await committed(settings, channel) == 0


async def test_what_goes_together_is_handed_over_at_once_and_committed_at_once(settings: Settings, channel: str) -> None:
    await send(settings, channel, [f"K{n}" for n in range(50)])
    seen: list[list[tuple[int, int]]] = []
    failures = [1]

    async def work(batches: Sequence[Batch]) -> None:
        seen.append([(batch.partition, len(batch.records)) for batch in batches])
        if failures[0] and len(batches) > 1:
            failures[0] -= 1
            raise RuntimeError("all of it once more")

    async with pool(settings.database_url) as database, lane_of(settings, channel, database, work, together=lambda _: channel):
        await eventually(lambda: _settled(settings, channel, 50), within=30)
    several = [item for item in seen if len(item) > 1]
    assert len(several) >= 2  # it failed once
    assert several[0] == several[1]
    assert sum(count for item in seen for _, count in item) - sum(count for _, count in several[0]) == 50


async def _settled(settings: Settings, channel: str, offset: int) -> bool:
    return await committed(settings, channel) == offset


async def test_agent_survives_a_failed_batch_and_gets_it_again(settings: Settings, channel: str) -> None:
    await send(settings, channel, [f"K{n}" for n in range(50)])
    seen: list[bytes | None] = []
    failures = [2]

    async def flaky(batches: Sequence[Batch]) -> None:
        if failures[0]:
            failures[0] -= 1
            raise RuntimeError("once more")
        seen.extend(record.key for batch in batches for record in batch.records)

    async with pool(settings.database_url) as database, lane_of(settings, channel, database, flaky):
        await eventually(lambda: len(seen) == 50, within=30)
    assert sorted(seen) == sorted(f"K{n}".encode() for n in range(50))  # type: ignore[type-var]
    assert await committed(settings, channel) == 50


async def test_a_lost_marker_comes_back_from_its_mirror(settings: Settings, channel: str) -> None:
    """Shortened F14: the group has no offsets any more, the mirror has."""
    await send(settings, channel, [f"K{n}" for n in range(20)])
    places = [(topics.cee(channel, "partners"), number) for number in range(4)]
    async with pool(settings.database_url) as database:
        counts = dict.fromkeys(places, 0)
        for n in range(20):
            counts[(places[0][0], partition_for(f"K{n}".encode(), 4))] += 1
        await database.execute(
            QUERIES.take_over,
            f"export.{channel}",
            [p[0] for p in places],
            [p[1] for p in places],
            [counts[p] for p in places],
            *[[None] * 4] * 2,
            [False] * 4,
        )
        seen: list[bytes | None] = []

        async def work(batches: Sequence[Batch]) -> None:
            seen.extend(record.key for batch in batches for record in batch.records)

        async with lane_of(settings, channel, database, work):
            await send(settings, channel, ["NEW"])
            await eventually(lambda: b"NEW" in seen, within=30)
    assert seen == [b"NEW"]


async def test_a_second_member_takes_over_half_and_nothing_is_lost(settings: Settings, channel: str) -> None:
    seen: list[bytes | None] = []
    owners: dict[Partition, str] = {}

    def work_of(name: str) -> Work:
        async def work(batches: Sequence[Batch]) -> None:
            owners.update({(batch.topic, batch.partition): name for batch in batches})
            seen.extend(record.key for batch in batches for record in batch.records)

        return work

    await send(settings, channel, [f"A{n}" for n in range(40)])
    async with pool(settings.database_url) as database, lane_of(settings, channel, database, work_of("one"), "one"):
        await eventually(lambda: len(seen) == 40, within=30)
        async with lane_of(settings, channel, database, work_of("two"), "two") as second:
            await eventually(lambda: len(second.consumer.assignment()) == 2, within=30)
            await send(settings, channel, [f"B{n}" for n in range(40)])
            await eventually(
                lambda: {key for key in seen if key and key.startswith(b"B")} == {f"B{n}".encode() for n in range(40)}, within=30
            )
            assert sorted(owners.values()) == ["one", "one", "two", "two"]
    assert await committed(settings, channel) == 80
