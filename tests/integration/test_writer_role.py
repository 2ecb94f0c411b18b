"""The writer beside a real broker: killed with kill -9 where it hurts, over gaps, and for channels that come and go."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas import topics
from schemas.channel import encode_channel
from schemas.envelope import header
from services.kernel.kafka import Outgoing, Record, follow, partition_for, producer
from services.kernel.kafka_admin import ensure_topics
from services.kernel.postgres import connect
from services.kernel.settings import Settings
from services.writer.__main__ import serve
from tests.integration.feed_bed import Written
from tests.integration.writer_bed import Bed, source_of, writer_bed
from tests.stack import Databases, eventually


@pytest.fixture
async def bed(databases: Databases, channel: str, tmp_path: Path) -> AsyncIterator[Bed]:
    async with writer_bed(databases, channel, tmp_path / "blobs") as made:
        yield made


@pytest.fixture
def settings(settings: Settings, channel: str) -> Settings:
    """Topics and group of one test alone: a member that another test killed keeps its partitions until its session ends."""
    return replace(settings, kafka=replace(settings.kafka, topic_prefix=f"writer-{encode_channel(channel)}."))


@pytest.fixture
def environment(environment: dict[str, str], settings: Settings) -> dict[str, str]:
    return environment | {"CEEBUS_TOPIC_PREFIX": settings.kafka.topic_prefix}


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    stop = asyncio.Event()
    role = asyncio.create_task(serve(settings, stop))
    try:
        yield
    finally:
        stop.set()
        await role


@asynccontextmanager
async def process(environment: dict[str, str]) -> AsyncIterator[None]:
    """Killed at the end."""
    role = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.writer", env={**os.environ, **environment})
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            role.send_signal(signal.SIGKILL)
        await role.wait()


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


async def finals(bed: Bed) -> int:
    return len(await bed.rows("ceebus.inbox"))


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
        found = await eventually(lambda: _as_many(settings, bed, 3), within=10)
    told = [
        (value["upload_kind"], value["outcome"], value.get("code")) for value in (orjson.loads(record.value or b"") for record in found)
    ]
    assert told == [("visits", "waiting", "partner_missing"), ("partners", "imported", None), ("visits", "imported", None)]
    assert "nie ma jeszcze w CEE" in orjson.loads(found[0].value or b"")["messages"]["pl"]


async def test_kill_before_the_commit_leaves_nothing_half(settings: Settings, environment: dict[str, str], bed: Bed) -> None:
    """F02: its rows are written, its offset row is not yet moved; the next one does all of it, once."""
    await publish_channel(settings, bed)
    visits = [bed.visit(number=f"V-{i}") for i in range(60)]
    blocker = await connect(bed.databases.cee)
    async with process(environment):
        await eventually(lambda: _lanes(bed), within=40)
        async with blocker.transaction():
            await blocker.execute("select from ceebus.lane_offset for update")
            await publish(settings, *visits)
            await eventually(lambda: _blocked(bed), within=30)
    await blocker.close()
    assert await bed.rows("cee.visit") == []
    async with process(environment):
        await eventually(lambda: _all_final(bed, 60), within=60)
        found = await eventually(lambda: _as_many(settings, bed, 60), within=30)
    assert len(await bed.rows("cee.visit")) == 60
    assert {header(record.headers, "ce_objectversion") for record in found} == {b"1"}


async def test_kill_between_the_commit_and_the_result_loses_no_answer(settings: Settings, environment: dict[str, str], bed: Bed) -> None:
    """F02: the answers are committed and not sent, whether Kafka's copy of the offset was written or not."""
    await publish_channel(settings, bed)
    visits = [bed.visit(number=f"V-{i}") for i in range(20)]
    await bed.cee.execute(_HIDDEN)
    async with process(environment):
        await publish(settings, *visits)
        await eventually(lambda: finals(bed), within=60, every=0.001)
    await bed.cee.execute("drop trigger test_hide on ceebus.answer; update ceebus.answer set sent_at = null")
    async with process(environment):
        await eventually(lambda: _all_final(bed, 20), within=60)
        found = await eventually(lambda: _as_many(settings, bed, 20), within=30)
    assert len(found) == len({record.key for record in found}) == 20
    assert len(await bed.rows("cee.visit")) == 20


async def test_kill_between_the_result_and_its_mark_repeats_the_same_answer(
    settings: Settings, environment: dict[str, str], bed: Bed
) -> None:
    """The broker has it, the database does not know: it comes again as the same attempt, which readers take as one."""
    await publish_channel(settings, bed)
    blocker = await connect(bed.databases.cee)
    await bed.cee.execute(_SLOW_MARK)
    await blocker.execute("select pg_advisory_lock(4711)")
    async with process(environment):
        await publish(settings, bed.visit())
        await eventually(lambda: results(settings, bed.channel), within=60)
    await blocker.close()
    await bed.cee.execute("drop trigger test_slow on ceebus.answer")
    async with process(environment):
        first, second = await eventually(lambda: _as_many(settings, bed, 2), within=60)
    assert (first.key, first.value, list(first.headers)) == (second.key, second.value, list(second.headers))


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


_HIDDEN = """
create or replace function ceebus.test_hide() returns trigger language plpgsql as $$ begin new.sent_at := 'infinity'; return new; end $$;
create trigger test_hide before insert on ceebus.answer for each row execute function ceebus.test_hide()"""
_SLOW_MARK = """
create or replace function ceebus.test_slow() returns trigger language plpgsql as $$
begin perform pg_advisory_xact_lock(4711); return new; end $$;
create trigger test_slow before update on ceebus.answer for each row execute function ceebus.test_slow()"""


async def _is_imported(bed: Bed, record: Written) -> bool:
    answers = await bed.answers(record)
    return bool(answers) and answers[-1][1] == "imported"


async def _all_final(bed: Bed, count: int) -> bool:
    return await finals(bed) == count


async def _as_many(settings: Settings, bed: Bed, count: int) -> list[Record] | None:
    found = await results(settings, bed.channel)
    return found if len(found) >= count else None


async def _lanes(bed: Bed) -> bool:
    """All partitions have their rows."""
    sql = "select count(*) from ceebus.lane_offset where lane = 'writer' and topic like $1"
    return await bed.cee.fetchval(sql, f"import.{encode_channel(bed.channel)}.%") == 4 * topics.IMPORT_PARTITIONS


async def _blocked(bed: Bed) -> Any:
    return await bed.cee.fetchval(
        "select true from pg_stat_activity where datname = current_database() and application_name = 'ceebus-writer'"
        " and wait_event_type = 'Lock' limit 1"
    )


async def _releases(bed: Bed) -> Any:
    return await bed.cee.fetchval(
        "select true from pg_stat_activity where datname = current_database() and application_name = 'ceebus-writer' limit 1"
    )
