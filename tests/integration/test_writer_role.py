"""The writer beside a real broker: parents and children, over gaps, and for channels that come and go."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas import topics
from schemas.channel import encode_channel
from schemas.envelope import header
from services.kernel.kafka import partition_for
from services.kernel.kafka_admin import ensure_topics
from services.kernel.settings import Settings
from tests.integration.feed_bed import Written
from tests.integration.writer_bed import Bed, source_of, writer_bed
from tests.integration.writer_role import as_many, publish, publish_channel, results, running
from tests.stack import Databases, eventually


@pytest.fixture
async def bed(databases: Databases, channel: str, tmp_path: Path) -> AsyncIterator[Bed]:
    async with writer_bed(databases, channel, tmp_path / "blobs") as made:
        yield made


@pytest.fixture
def settings(settings: Settings, channel: str) -> Settings:
    """Topics and group of one test alone: a member that another test killed keeps its partitions until its session ends."""
    return replace(settings, kafka=replace(settings.kafka, topic_prefix=f"writer-{encode_channel(channel)}."))


async def test_an_upload_becomes_a_visit_and_a_result_for_its_sender(settings: Settings, bed: Bed) -> None:
    await publish_channel(settings, bed)
    visit = bed.visit()
    async with running(settings):
        await publish(settings, visit)
        (record,) = await eventually(lambda: results(settings, bed.channel), within=40)
    value = orjson.loads(record.value or b"")
    assert record.key == f"device/d1/{source_of(visit)}/1".encode()
    assert (value["outcome"], value["final"], value["attempt"], value["number"], value["status"]) == (
        "imported",
        True,
        1,
        "V-1",
        "confirmed",
    )
    assert header(record.headers, "ce_audience") == b'["device/d1"]'
    assert header(record.headers, "ce_objectversion") == b"1"
    assert header(record.headers, "ce_time") == b"2026-11-24T12:00:00.000Z"


async def test_a_child_that_came_first_follows_its_parent_at_once(settings: Settings, bed: Bed) -> None:
    await publish_channel(settings, bed)
    partner = bed.partner()
    visit = bed.visit(partner=None, partner_source_id=source_of(partner))
    async with running(settings):
        await publish(settings, visit)
        await eventually(lambda: bed.rows("ceebus.waiting"), within=40)
        await publish(settings, partner)
        await eventually(lambda: _is_imported(bed, visit), within=10)
        found = await eventually(lambda: as_many(settings, bed, 3), within=10)
    told = [
        (value["upload_kind"], value["outcome"], value.get("code")) for value in (orjson.loads(record.value or b"") for record in found)
    ]
    assert told == [("visits", "waiting", "partner_missing"), ("partners", "imported", None), ("visits", "imported", None)]
    assert "nie ma jeszcze w CEE" in orjson.loads(found[0].value or b"")["messages"]["pl"]


async def test_an_answer_older_than_this_kafka_is_sent_and_holds_up_no_other(settings: Settings, bed: Bed) -> None:
    """Kafka was set up anew; the channel that the answer belongs to is not active and has no topics there."""
    await publish_channel(settings, bed)
    visit = bed.visit()
    async with running(settings):
        await publish(settings, visit)
        await eventually(lambda: _is_imported(bed, visit), within=40)
    await bed.cee.execute("update ceebus.answer set sent_at = null where channel = $1", bed.channel)
    empty = replace(settings, kafka=replace(settings.kafka, topic_prefix=f"new-{settings.kafka.topic_prefix}"))
    await ensure_topics(empty.kafka, [topics.channels()])
    async with running(empty):
        await eventually(lambda: bed.cee.fetchval("select not exists(select from ceebus.answer where sent_at is null)"), within=20)
    assert len(await results(empty, bed.channel)) == 1


async def test_a_gap_is_said_and_stepped_over(settings: Settings, bed: Bed) -> None:
    await publish_channel(settings, bed)
    visit = bed.visit()
    partition = partition_for(visit.key, topics.IMPORT_PARTITIONS)
    sql = "insert into ceebus.lane_offset(lane, topic, topic_partition, next_offset) values('writer', $1, $2, 1000)"
    await bed.cee.execute(sql, visit.topic, partition)
    await publish(settings, visit)
    async with running(settings):
        await eventually(lambda: _is_imported(bed, visit), within=40)
    (gap,) = await bed.rows("ceebus.import_gap", "kind, topic, topic_partition, from_offset, to_offset")
    assert tuple(gap) == ("visits", visit.topic, partition, 1000, 0)


async def test_an_inactive_channel_reaches_cee_when_it_is_active_again(settings: Settings, bed: Bed) -> None:
    await publish_channel(settings, bed, active=False)
    visit = bed.visit()
    await publish(settings, visit)
    async with running(settings):
        await eventually(lambda: _releases(bed), within=30)  # the role is up
        assert await bed.rows("ceebus.answer") == []
        assert not await bed.cee.fetchval("select count(*) from ceebus.lane_offset where topic = $1", visit.topic)
        await publish_channel(settings, bed, 2)
        await eventually(lambda: _is_imported(bed, visit), within=40)


async def _releases(bed: Bed) -> Any:
    return await bed.cee.fetchval(
        "select true from pg_stat_activity where datname = current_database() and application_name = 'ceebus-writer' limit 1"
    )


async def _is_imported(bed: Bed, record: Written) -> bool:
    answers = await bed.answers(record)
    return bool(answers) and answers[-1][1] == "imported"
