"""The writer as a role beside the session's Kafka, for tests of writer_bed.py: uploads go into its topics, answers come out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

from schemas import topics
from services.kernel.kafka import Outgoing, Record, partition_for, producer
from services.kernel.kafka_admin import ensure_topics
from services.kernel.kafka_read import follow
from services.kernel.settings import Settings
from services.writer.__main__ import serve
from tests.integration.feed_bed import Written
from tests.integration.writer_bed import Bed


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    stop = asyncio.Event()
    role = asyncio.create_task(serve(settings, stop))
    try:
        yield
    finally:
        stop.set()
        await role


async def publish_channel(settings: Settings, bed: Bed, version: int = 1, **changed: Any) -> None:
    made = await bed.settings(**changed)
    await ensure_topics(settings.kafka, [topics.channels(), *topics.declared(bed.channel)])
    headers = [("ce_objectversion", b"%d" % version)]
    async with producer(settings.kafka, "test") as out:
        await out.send_all([Outgoing(topics.CHANNELS, 0, bed.channel.encode(), made.model_dump_json().encode(), headers)])


async def publish(settings: Settings, *records: Written) -> None:
    async with producer(settings.kafka, "test") as out:
        await out.send_all([Outgoing(r.topic, partition_for(r.key, topics.IMPORT_PARTITIONS), r.key, r.value, r.headers) for r in records])


async def results(settings: Settings, channel: str) -> list[Record]:
    """Everything on results.<ch>, in order."""
    found: list[Record] = []
    async with aclosing(follow(settings.kafka, topics.results(channel), "test")) as batches:  # type: ignore[type-var]
        async for records in batches:
            if not records:
                break
            found += records
    return found


async def as_many(settings: Settings, bed: Bed, count: int) -> list[Record] | None:
    """The channel's results once there are `count`."""
    found = await results(settings, bed.channel)
    return found if len(found) >= count else None
