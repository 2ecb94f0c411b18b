"""The writer killed with kill -9 in each of its windows: before the commit, before the result, before the result's mark (F02)."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from schemas import topics
from schemas.channel import encode_channel
from schemas.envelope import header
from services.kernel.kafka import Outgoing, producer
from services.kernel.kafka_admin import ensure_topics
from services.kernel.postgres import Connection, connect
from services.kernel.settings import Settings
from tests.integration.writer_bed import Bed, writer_bed
from tests.integration.writer_role import as_many, publish, publish_channel, results
from tests.stack import Databases, eventually

_HIDDEN = """
create or replace function ceebus.test_hide() returns trigger language plpgsql as $$ begin new.sent_at := 'infinity'; return new; end $$;
create trigger test_hide before insert on ceebus.answer for each row execute function ceebus.test_hide()"""
_SLOW_MARK = """
create or replace function ceebus.test_slow() returns trigger language plpgsql as $$
begin perform pg_advisory_xact_lock(4711); return new; end $$;
create trigger test_slow before update on ceebus.answer for each row execute function ceebus.test_slow()"""


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
async def process(environment: dict[str, str]) -> AsyncIterator[Process]:
    """Killed at the end."""
    role = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.writer", env={**os.environ, **environment})
    try:
        yield role
    finally:
        await killed(role)


async def killed(role: Process) -> None:
    with suppress(ProcessLookupError):
        role.send_signal(signal.SIGKILL)
    await role.wait()


@asynccontextmanager
async def blocking(bed: Bed) -> AsyncIterator[Connection]:
    """A connection that holds locks on CEE's database for as long as it lives."""
    made = await connect(bed.databases.cee)
    try:
        yield made
    finally:
        await made.close()


async def finals(bed: Bed) -> int:
    return len(await bed.rows("ceebus.inbox"))


async def test_kill_before_the_commit_leaves_nothing_half(settings: Settings, environment: dict[str, str], bed: Bed) -> None:
    """F02: its rows are written, its offset row is not yet moved; the next one does all of it, once."""
    await publish_channel(settings, bed)
    visits = [bed.visit(number=f"V-{i}") for i in range(60)]
    async with blocking(bed) as blocker, process(environment) as role:
        await eventually(lambda: _lanes(bed, bed.channel), within=40)
        async with blocker.transaction():
            await blocker.execute("select from ceebus.lane_offset for update")
            await publish(settings, *visits)
            await eventually(lambda: _blocked(bed), within=30)
            await killed(role)
    assert await bed.rows("cee.visit") == []
    async with process(environment):
        await eventually(lambda: _all_final(bed, 60), within=60)
        found = await eventually(lambda: as_many(settings, bed, 60), within=30)
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
        found = await eventually(lambda: as_many(settings, bed, 20), within=30)
    assert len(found) == len({record.key for record in found}) == 20
    assert len(await bed.rows("cee.visit")) == 20


async def test_kill_between_the_result_and_its_mark_repeats_the_same_answer(
    settings: Settings, environment: dict[str, str], bed: Bed
) -> None:
    """The broker has it, the database does not know: it comes again as the same attempt, which readers take as one."""
    await publish_channel(settings, bed)
    await bed.cee.execute(_SLOW_MARK)
    async with blocking(bed) as blocker:
        await blocker.execute("select pg_advisory_lock(4711)")
        async with process(environment):
            await publish(settings, bed.visit())
            await eventually(lambda: results(settings, bed.channel), within=60)
    await bed.cee.execute("drop trigger test_slow on ceebus.answer")
    async with process(environment):
        first, second = await eventually(lambda: as_many(settings, bed, 2), within=60)
    assert (first.key, first.value, list(first.headers)) == (second.key, second.value, list(second.headers))


async def test_a_writer_that_comes_back_reads_the_topics_it_now_asks_for(settings: Settings, environment: dict[str, str], bed: Bed) -> None:
    """Its group would give it what it had: topics of a channel that has ended meanwhile, none of one that has begun."""
    await publish_channel(settings, bed)
    async with process(environment):
        await eventually(lambda: _lanes(bed, bed.channel), within=40)
    other = f"{bed.channel[0]}zz"
    begun = (await bed.settings()).model_copy(update={"id": other})
    await ensure_topics(settings.kafka, topics.declared(other))
    async with producer(settings.kafka, "test") as out:
        value, headers = begun.model_dump_json().encode(), [("ce_objectversion", b"1")]
        await out.send_all([Outgoing(topics.CHANNELS, 0, other.encode(), value, headers)])
    await publish_channel(settings, bed, 2, active=False)
    async with process(environment):
        await eventually(lambda: _lanes(bed, other), within=20)  # less than a session


async def _all_final(bed: Bed, count: int) -> bool:
    return await finals(bed) == count


async def _lanes(bed: Bed, channel: str) -> bool:
    """All partitions have their rows."""
    sql = "select count(*) from ceebus.lane_offset where lane = 'writer' and topic like $1"
    return await bed.cee.fetchval(sql, f"import.{encode_channel(channel)}.%") == 4 * topics.IMPORT_PARTITIONS


async def _blocked(bed: Bed) -> Any:
    return await bed.cee.fetchval(
        "select true from pg_stat_activity where datname = current_database() and application_name = 'ceebus-writer'"
        " and wait_event_type = 'Lock' limit 1"
    )
