"""Where the writer stands, as Kafka's own tools and control's lag see it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from schemas import topics
from schemas.channel import encode_channel
from services.kernel.kafka import Outgoing, partition_for, producer
from services.kernel.kafka_admin import ensure_topics, group_offsets
from services.kernel.settings import Settings
from services.writer.__main__ import GROUP, serve
from tests.integration.writer_bed import Bed, writer_bed
from tests.stack import Databases, eventually

DONE = "insert into ceebus.lane_offset(lane, topic, topic_partition, next_offset) values('writer', $1, $2, 1)"


@pytest.fixture
async def bed(databases: Databases, channel: str, tmp_path: Path) -> AsyncIterator[Bed]:
    async with writer_bed(databases, channel, tmp_path / "blobs") as made:
        yield made


async def test_what_was_done_and_not_copied_to_kafka_is_copied_by_the_next_owner(settings: Settings, bed: Bed) -> None:
    """Killed between the commit in CEE and its copy: no further record comes, and nobody is behind."""
    own = replace(settings, kafka=replace(settings.kafka, topic_prefix=f"marks-{encode_channel(bed.channel)}."))
    await ensure_topics(own.kafka, [topics.channels(), *topics.declared(bed.channel)])
    visit = bed.visit()
    partition = partition_for(visit.key, topics.IMPORT_PARTITIONS)
    async with producer(own.kafka, "test") as out:
        await out.send_all([Outgoing(topics.CHANNELS, 0, bed.channel.encode(), (await bed.settings()).model_dump_json().encode(), [])])
        await out.send_all([Outgoing(visit.topic, partition, visit.key, visit.value, visit.headers)])
    await bed.cee.execute(DONE, visit.topic, partition)
    stop = asyncio.Event()
    role = asyncio.create_task(serve(own, stop))
    try:

        async def is_copied() -> bool:
            return (await group_offsets(own.kafka, GROUP)).get((visit.topic, partition), (0, ""))[0] == 1

        await eventually(is_copied, within=60, every=0.2)
    finally:
        stop.set()
        await role
