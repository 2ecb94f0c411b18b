"""The feed as a role on a real broker: follows channels, refuses zombies, says when the log has a gap."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import pytest

from schemas import topics
from services.feed.parents_first import ParentsFirst
from services.feed.store import Store
from services.kernel.kafka import Partition
from services.kernel.kafka_admin import ensure_topics, group_offsets
from services.kernel.lane import LaneFailed
from services.kernel.postgres import MISSED, listen
from services.kernel.settings import Settings
from tests.integration.feed_bed import Bed, Log, feed_bed
from tests.integration.feed_broker import own_settings, publish, publish_channel, running, with_count
from tests.stack import Databases, eventually


@pytest.fixture
async def bed(databases: Databases, channel: str) -> AsyncIterator[Bed]:
    async with feed_bed(databases.ours, channel) as made:
        yield made


@pytest.fixture
def settings(settings: Settings, channel: str) -> Settings:
    return own_settings(settings, channel)


async def test_what_is_exported_becomes_rows_and_new_channels_are_followed(settings: Settings, bed: Bed) -> None:
    later = f"{bed.channel[:2]}x"
    log = Log(later)
    await publish_channel(settings, bed.channel)
    async with running(settings):
        await publish(settings, [*bed.log.basics(), *[bed.log.article(f"A{i}") for i in range(50)]])
        await publish(settings, [bed.log.outcome("articles", "A99", 4, "quarantined", "field_missing", field="name")])
        await eventually(lambda: with_count(bed, "feed", 53), within=30)
        await eventually(lambda: with_count(bed, "due", 1))
        await publish_channel(settings, later)
        await publish(settings, [log.unit("szt")])
        query = "select count(*) from ceebus.feed where channel = $1"
        await eventually(lambda: bed.ours.fetchval(query, later), within=30)
    copied = await group_offsets(settings.kafka, "ceebus.feed")
    assert copied[topics.export(bed.channel, "master-data"), 0][0] == 3


async def test_listeners_are_told_after_the_commit_and_only_when_something_moved(bed: Bed) -> None:
    heard: list[str] = []
    ready = asyncio.Event()

    async def hear() -> None:
        async for payload in listen(bed.url, "ceebus_feed"):
            heard.append(payload)
            ready.set()

    listening = asyncio.create_task(hear())
    try:
        await ready.wait()
        record = bed.log.unit("szt")
        await bed.apply(record)
        await bed.apply(replace(record, offset=1))
        await bed.apply(bed.log.unit("kg"))
        await eventually(lambda: heard == [MISSED, bed.channel, bed.channel])
    finally:
        listening.cancel()
        with suppress(asyncio.CancelledError):
            await listening


async def test_a_zombie_is_refused_with_everything_it_did(bed: Bed) -> None:
    """F04: whoever takes a partition over fences the owner before, however far that one had come."""
    await bed.apply(bed.log.unit("szt"))
    successor = bed.another()
    rest = [bed.log.unit("kg"), bed.log.unit("m")]
    place = (rest[0].topic, 0)
    assert await successor.marks.take_over({place: (0, 1 << 40)}) == {place: 1}
    with pytest.raises(LaneFailed):
        await bed.apply(*rest)
    assert await bed.live("master-data") == ["units/szt"]
    assert await bed.last() == 1
    await successor.apply(*rest)
    await successor.work.close()
    assert await bed.live("master-data") == ["units/szt", "units/kg", "units/m"]
    assert await bed.ours.fetchval("select next_offset from ceebus.lane_offset where topic = $1", place[0]) == 3


async def test_an_owner_that_was_stopped_in_mid_transaction_loses_the_lock(bed: Bed) -> None:
    """F04: SIGSTOP keeps a connection open, and with it the channel's lock, for ever."""
    stopped = await Store.open(bed.url)
    (limit,) = await stopped.fetch("show idle_in_transaction_session_timeout")
    assert tuple(limit) == ("10s",)
    await stopped.fetch("set idle_in_transaction_session_timeout = '200ms'")  # the same, in less than the test's time
    transaction = stopped.transaction()
    await transaction.start()
    await stopped.lock(bed.channel)
    await bed.apply(bed.log.unit("szt"))
    assert await bed.live("master-data") == ["units/szt"]
    await stopped.close()


async def test_a_gap_in_the_log_is_an_event_and_the_kind_is_wanted_again(bed: Bed) -> None:
    """F15: retention overrun, then a topic made anew: nothing is skipped in silence, and nothing waits for ever."""
    place = (topics.export(bed.channel, "master-data"), 0)
    assert await bed.marks.take_over({place: (5, 9)}) == {place: 5}
    await bed.ours.execute("update ceebus.lane_offset set next_offset = 6 where topic = $1", place[0])
    assert await bed.marks.take_over({place: (6, 9)}) == {place: 6}
    assert await bed.rows_of("wanted") == []
    assert await bed.marks.take_over({place: (8, 9)}) == {place: 8}
    assert await bed.marks.take_over({place: (0, 3)}) == {place: 0}
    assert [(row["kind"], row["key"], row["action"]) for row in await bed.rows_of("wanted")] == [("master-data", "", "snapshot")]
    await bed.apply(bed.log.unit("szt"))
    assert await bed.live("master-data") == ["units/szt"]


async def test_parents_are_read_first_while_there_is_much_to_do(settings: Settings, bed: Bed) -> None:
    """A feed that starts anew meets every kind's log at once: prices would all wait for their articles."""
    await ensure_topics(settings.kafka, topics.declared(bed.channel))
    await publish(settings, [bed.log.article(f"A{i}") for i in range(12000)])
    await publish(settings, [bed.log.price("L1", f"A{i}") for i in range(12000)])
    positions: dict[Partition, int] = {}
    consumer = ParentsFirst(settings.kafka, "test", "test", "test", positions.get)

    async def assigned(partitions: list[Partition]) -> None:
        for partition in partitions:
            consumer.seek(partition, positions.setdefault(partition, 0))

    async def revoked(partitions: list[Partition]) -> None:
        assert not positions or partitions

    await consumer.start()
    try:
        consumer.subscribe([topics.export(bed.channel, kind) for kind in ("articles", "price-lists")], assigned, revoked)
        read: list[str] = []
        async with asyncio.timeout(30):
            while len(read) < 24000:
                for partition, records in (await consumer.fetch(2000)).items():
                    positions[partition] = records[-1].offset + 1
                    read += [topics.parse(partition[0])[2]] * len(records)
    finally:
        await consumer.stop()
    # the first fetches know no ends yet; without the rule the kinds would come half and half
    assert read[2000:10000].count("price-lists") < 800
    assert read[-8000:].count("articles") < 800
