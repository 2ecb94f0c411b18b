"""Other applications that read a channel's export topics, each in a consumer group of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from schemas import topics
from services.kernel.kafka import Partition
from services.kernel.kafka_admin import group_offsets, log_bounds
from services.kernel.kafka_consumer import Consumer
from services.kernel.settings import Kafka
from tests.faults.site import CHANNEL, LIMIT_S
from tests.stack import eventually

NAMES = [topics.export(CHANNEL, kind) for kind in topics.KINDS]
PARTITIONS = [(spec.name, number) for spec in topics.declared(CHANNEL) if spec.name in NAMES for number in range(spec.partitions)]


@asynccontextmanager
async def subscriber(kafka: Kafka, group: str) -> AsyncIterator[Consumer]:
    """Another application that reads the channel's export topics from the beginning."""
    consumer = Consumer(kafka, group, group)

    async def assigned(partitions: list[Partition]) -> None:
        starts = await consumer.beginnings(partitions)
        for partition in partitions:
            consumer.seek(partition, starts[partition])

    async def revoked(_: list[Partition]) -> None: ...

    await consumer.start()
    try:
        consumer.subscribe(NAMES, assigned, revoked)
        yield consumer
    finally:
        await consumer.stop()


async def take(consumer: Consumer, commit: bool, limit: int = 10_000) -> None:
    """The first records it gets, at most `limit`."""

    async def some() -> bool:
        batch = await consumer.fetch(limit)
        if commit and batch:
            await consumer.commit({at: records[-1].offset + 1 for at, records in batch.items()})
        return bool(batch)

    await eventually(some, within=LIMIT_S)


@asynccontextmanager
async def keeping_up(kafka: Kafka, group: str) -> AsyncIterator[None]:
    """A subscriber that commits whatever it gets, at once; it goes on until it has all there is."""

    async def read() -> None:
        async with subscriber(kafka, group) as consumer:
            while True:
                for at, records in (await consumer.fetch(1_000)).items():
                    await consumer.commit({at: records[-1].offset + 1})

    task = asyncio.create_task(read())
    try:
        yield
        await eventually(lambda: has_all(kafka, group), within=LIMIT_S, every=0.5)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def has_all(kafka: Kafka, group: str) -> bool:
    """Whether nothing is before the group in the export topics as they are now."""
    bounds = await log_bounds(kafka, PARTITIONS)
    reached = {at: offset for at, (offset, _) in (await group_offsets(kafka, group)).items()}
    return all(reached.get(at, 0) >= end for at, (_, end) in bounds.items() if end)
