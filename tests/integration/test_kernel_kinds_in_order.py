"""A backlog is read kind by kind, whatever lies in the client's hands first; few records wait for nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from schemas import topics
from services.kernel.kafka import Outgoing, Partition, producer
from services.kernel.kafka_admin import ensure_topics
from services.kernel.kafka_logs import Logs
from services.kernel.kinds_in_order import MANY, KindsInOrder
from services.kernel.settings import Settings

PARTITIONS = 4
LATER_FIRST = ("sales-documents", "articles", "partners")


async def test_a_backlog_is_read_in_the_order_of_the_kinds(settings: Settings, channel: str) -> None:
    async with reader(settings, channel, dict.fromkeys(LATER_FIRST, 3 * MANY)) as (consumer, places):
        kinds: list[str] = []
        read = dict.fromkeys(LATER_FIRST, 0)
        while sum(read.values()) < 9 * MANY:
            for (topic, number), records in (await consumer.fetch_until(asyncio.Event(), 100, 200)).items():
                kind = topics.parse(topic)[2]
                kinds.append(kind)
                read[kind] += len(records)
                places[topic, number] = records[-1].offset + 1
                earlier = LATER_FIRST[LATER_FIRST.index(kind) + 1 :]
                assert all(3 * MANY - read[one] <= MANY for one in earlier), f"{kind} before {earlier}: {read}"
        assert [kind for place, kind in enumerate(kinds) if kind not in kinds[:place]] == ["partners", "articles", "sales-documents"]


async def test_few_records_wait_for_no_other_kind(settings: Settings, channel: str) -> None:
    async with reader(settings, channel, {"sales-documents": MANY, "partners": MANY}) as (consumer, places):
        assert consumer.behind()[0][1] == MANY
        await consumer.fetch_until(asyncio.Event(), 1, 200)
        places.clear()  # nothing is known of what is to be read
        assert consumer.behind() == []
        assert await consumer.fetch_until(asyncio.Event(), 2 * MANY, 200)


@asynccontextmanager
async def reader(settings: Settings, channel: str, counts: dict[str, int]) -> AsyncIterator[tuple[KindsInOrder, dict[Partition, int]]]:
    """At the beginning of logs that hold so many records, and where it was told to have come."""
    await ensure_topics(settings.kafka, topics.declared(channel))
    async with producer(settings.kafka, "test") as out:
        for kind, count in counts.items():
            await out.send_all(Outgoing(topics.cee(channel, kind), n % PARTITIONS, b"%d" % n, b"{}", []) for n in range(count))
    places: dict[Partition, int] = {}
    there = asyncio.Event()
    async with Logs(settings.kafka, "test") as logs:
        consumer = KindsInOrder(settings.kafka, f"test.{channel}", "test", "test", places.get, asked=logs.bounds)

        async def assigned(partitions: Sequence[Partition]) -> None:
            await consumer.bounds(partitions)
            for partition in partitions:
                consumer.seek(partition, 0)
                places[partition] = 0
            there.set()

        async def revoked(_: Sequence[Partition]) -> None: ...

        await consumer.start()
        try:
            consumer.subscribe([topics.cee(channel, kind) for kind in counts], assigned, revoked)
            async with asyncio.timeout(30):
                await there.wait()
            yield consumer, places
        finally:
            await consumer.stop(leave=True)
