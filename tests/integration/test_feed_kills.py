"""F01 and F03 in short: the feed is killed with kill -9, and nothing is lost or written twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from schemas import topics
from services.kernel.postgres import connect
from services.kernel.settings import Settings
from tests.integration.feed_bed import Bed, feed_bed
from tests.integration.feed_broker import own_settings, process, publish, publish_channel, with_count
from tests.stack import Databases, eventually


@pytest.fixture
async def bed(databases: Databases, channel: str) -> AsyncIterator[Bed]:
    async with feed_bed(databases.ours, channel) as made:
        yield made


@pytest.fixture
def settings(settings: Settings, channel: str) -> Settings:
    return own_settings(settings, channel)


@pytest.fixture
def environment(environment: dict[str, str], settings: Settings) -> dict[str, str]:
    return environment | {"CEEBUS_TOPIC_PREFIX": settings.kafka.topic_prefix}


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
        await eventually(lambda: with_count(bed, "feed", 300), within=60)
        await publish(settings, [bed.log.unit("last")])
        await eventually(lambda: with_count(bed, "feed", 301), within=30)
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
        await eventually(lambda: with_count(bed, "feed", 3 + total), within=90)
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
        await eventually(lambda: with_count(bed, "feed", 3), within=60)
        async with process(second):
            await eventually(lambda: _taken_over(bed), within=60)
            await publish(settings, [bed.log.article(f"A{i}") for i in range(1000)])
            await eventually(lambda: with_count(bed, "feed", 1003), within=60)
        await publish(settings, [bed.log.article(f"B{i}") for i in range(1000)])
        async with process(second):
            await eventually(lambda: with_count(bed, "feed", 2003), within=60)
    assert [position for position, _, _ in await bed.shown()] == list(range(1, 2004))


async def _taken_over(bed: Bed) -> bool:
    """Every partition of articles has had a second owner: the group has been divided anew."""
    query = "select count(*) from ceebus.lane_offset where topic = $1 and epoch > 0"
    return bool(await bed.ours.fetchval(query, topics.export(bed.channel, "articles")) == 4)
