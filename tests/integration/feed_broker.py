"""A feed beside a real broker: as a task or as a process, and what the exporter publishes for it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from schemas import topics
from schemas.channel import Channel, encode_channel
from services.feed.__main__ import serve
from services.kernel.kafka import Outgoing, partition_for, producer
from services.kernel.kafka_admin import ensure_topics
from services.kernel.settings import Settings
from tests.integration.feed_bed import Bed, Written
from tests.source_bed import CHANNEL


def own_settings(settings: Settings, channel: str) -> Settings:
    """Topics and group of one test alone: a member that another test killed keeps its partitions until its session ends."""
    return replace(settings, kafka=replace(settings.kafka, topic_prefix=f"feed-{encode_channel(channel)}."))


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[asyncio.Task[None]]:
    stop = asyncio.Event()
    role = asyncio.create_task(serve(settings, stop))
    try:
        yield role
    finally:
        stop.set()
        await role


async def publish_channel(settings: Settings, channel: str) -> None:
    await ensure_topics(settings.kafka, [topics.channels(), *topics.declared(channel)])
    value = Channel(id=channel, active=True, **CHANNEL).model_dump_json().encode()
    async with producer(settings.kafka, "test") as out:
        await out.send_all([Outgoing(topics.CHANNELS, 0, channel.encode(), value, [("ce_objectversion", b"1")])])


async def publish(settings: Settings, records: Sequence[Written]) -> None:
    """To the partitions where the exporter would put them."""
    spread = {spec.name: spec.partitions for spec in topics.declared(topics.parse(records[0].topic)[1])}
    async with producer(settings.kafka, "test") as out:
        await out.send_all([Outgoing(r.topic, partition_for(r.key, spread[r.topic]), r.key, r.value, r.headers) for r in records])


@asynccontextmanager
async def process(environment: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    role = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.feed", env={**os.environ, **environment})
    try:
        yield role
    finally:
        with suppress(ProcessLookupError):
            role.send_signal(signal.SIGKILL)
        await role.wait()


async def with_count(bed: Bed, table: str, expected: int) -> bool:
    return len(await bed.rows_of(table)) == expected
