"""The feed as a role on a real broker: follows channels, survives kill -9 anywhere, refuses zombies, says when the log has a gap."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest

from schemas import topics
from schemas.channel import Channel, encode_channel
from services.feed.__main__ import serve
from services.feed.parents_first import ParentsFirst
from services.feed.store import Store
from services.kernel.kafka import Outgoing, Partition, partition_for, producer
from services.kernel.kafka_admin import ensure_topics, group_offsets
from services.kernel.lane import LaneFailed
from services.kernel.postgres import connect, listen
from services.kernel.settings import Settings
from tests.integration.feed_bed import Bed, Log, Written, feed_bed
from tests.source_bed import CHANNEL
from tests.stack import Databases, eventually


@pytest.fixture
async def bed(databases: Databases, channel: str) -> AsyncIterator[Bed]:
    async with feed_bed(databases.ours, channel) as made:
        yield made


@pytest.fixture
def settings(settings: Settings, channel: str) -> Settings:
    """Topics and group of this test alone: a member that another test killed keeps its partitions until its session ends."""
    return replace(settings, kafka=replace(settings.kafka, topic_prefix=f"feed-{encode_channel(channel)}."))


@pytest.fixture
def environment(environment: dict[str, str], settings: Settings) -> dict[str, str]:
    return environment | {"CEEBUS_TOPIC_PREFIX": settings.kafka.topic_prefix}


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


async def test_what_is_exported_becomes_rows_and_new_channels_are_followed(settings: Settings, bed: Bed) -> None:
    later = f"{bed.channel[:2]}x"
    log = Log(later)
    await publish_channel(settings, bed.channel)
    async with running(settings):
        await publish(settings, [*bed.log.basics(), *[bed.log.article(f"A{i}") for i in range(50)]])
        await publish(settings, [bed.log.outcome("articles", "A99", 4, "quarantined", "field_missing", field="name")])
        await eventually(lambda: _count(bed, "feed", 53), within=30)
        await eventually(lambda: _count(bed, "due", 1))
        await publish_channel(settings, later)
        await publish(settings, [log.unit("szt")])
        query = "select count(*) from ceebus.feed where channel = $1"
        await eventually(lambda: bed.ours.fetchval(query, later), within=30)
    copied = await group_offsets(settings.kafka, "ceebus.feed")
    assert copied[topics.export(bed.channel, "master-data"), 0][0] == 3


async def _count(bed: Bed, table: str, expected: int) -> bool:
    return len(await bed.rows_of(table)) == expected


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
        await eventually(lambda: heard == ["", bed.channel, bed.channel])
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


@asynccontextmanager
async def process(environment: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    role = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.feed", env={**os.environ, **environment})
    try:
        yield role
    finally:
        with suppress(ProcessLookupError):
            role.send_signal(signal.SIGKILL)
        await role.wait()


async def test_kill_between_the_effect_and_the_commit_leaves_nothing_half(
    settings: Settings, environment: dict[str, str], bed: Bed
) -> None:
    """F01: the process dies with its rows written and its offset row not yet moved; the next one does it all, once."""
    await publish_channel(settings, bed.channel)
    topic = topics.export(bed.channel, "master-data")
    blocker = await connect(bed.url)
    await blocker.execute("insert into ceebus.lane_offset(lane, topic, topic_partition, next_offset) values('feed', $1, 0, 0)", topic)
    async with process(environment):
        await eventually(lambda: _epoch(bed, topic), within=40)
        async with blocker.transaction():
            await blocker.execute("select from ceebus.lane_offset where topic = $1 for update", topic)
            await publish(settings, [bed.log.unit(f"u{i}") for i in range(300)])
            await eventually(lambda: _blocked(bed), within=30)
    async with process(environment):
        await eventually(lambda: _count(bed, "feed", 300), within=60)
        await publish(settings, [bed.log.unit("last")])
        await eventually(lambda: _count(bed, "feed", 301), within=30)
    assert [position for position, _, _ in await bed.shown()] == list(range(1, 302))
    await blocker.close()


async def _epoch(bed: Bed, topic: str) -> Any:
    return await bed.ours.fetchval("select epoch from ceebus.lane_offset where lane = 'feed' and topic = $1", topic)


async def _blocked(bed: Bed) -> Any:
    waiting = "application_name = 'ceebus-feed' and wait_event_type = 'Lock' and query like '%lane_offset%'"
    return await bed.ours.fetchval(f"select count(*) from pg_stat_activity where {waiting}")


async def test_kills_at_any_moment_lose_and_repeat_nothing(settings: Settings, environment: dict[str, str], bed: Bed) -> None:
    """F01 in short: records flow while the process is killed again and again."""
    await publish_channel(settings, bed.channel)
    await publish(settings, bed.log.basics())
    total = 0
    for life in range(4):
        async with process(environment):
            await publish(settings, [bed.log.article(f"A{life}-{i}", 1 + life) for i in range(1500)])
            total += 1500
            await eventually(lambda: _more_than(bed, 3 + life * 300), within=60)  # noqa: B023 - awaited here
    async with process(environment):
        await eventually(lambda: _count(bed, "feed", 3 + total), within=90)
    assert [position for position, _, _ in await bed.shown()] == list(range(1, 4 + total))
    assert await bed.rows_of("stale") == await bed.rows_of("due") == []


async def _more_than(bed: Bed, rows: int) -> bool:
    return len(await bed.rows_of("feed")) > rows


async def test_two_processes_share_the_partitions_and_a_killed_one_takes_its_own_up_again(
    settings: Settings, environment: dict[str, str], bed: Bed
) -> None:
    """F03 in short: nothing is lost or written twice while one joins, is killed and comes back under its name."""
    await publish_channel(settings, bed.channel)
    second = environment | {"CEEBUS_INSTANCE": f"{environment['CEEBUS_INSTANCE']}-b"}
    await publish(settings, bed.log.basics())
    async with process(environment):
        await eventually(lambda: _count(bed, "feed", 3), within=60)
        async with process(second):
            await eventually(lambda: _taken_over(bed), within=60)
            await publish(settings, [bed.log.article(f"A{i}") for i in range(1000)])
            await eventually(lambda: _count(bed, "feed", 1003), within=60)
        await publish(settings, [bed.log.article(f"B{i}") for i in range(1000)])
        async with process(second):
            await eventually(lambda: _count(bed, "feed", 2003), within=60)
    assert [position for position, _, _ in await bed.shown()] == list(range(1, 2004))


async def _taken_over(bed: Bed) -> bool:
    """Every partition of articles has had a second owner: the group has been divided anew."""
    query = "select count(*) from ceebus.lane_offset where topic = $1 and epoch > 0"
    return bool(await bed.ours.fetchval(query, topics.export(bed.channel, "articles")) == 4)


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
    # the first fetch knows no ends yet
    assert read[2000:10000].count("price-lists") == 0
    assert read[-8000:].count("articles") == 0
