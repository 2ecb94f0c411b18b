"""The test bed itself: what the other tests build on."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.topics import TopicSpec
from services.kernel.kafka import Outgoing, producer
from services.kernel.kafka_admin import ensure_topics, log_bounds
from services.kernel.postgres import connect
from services.kernel.settings import Settings
from tests.stack import Databases, eventually


@pytest.mark.parametrize("run", [1, 2])
async def test_databases_have_every_migration_and_are_shared_by_the_tests_of_a_module(databases: Databases, run: int) -> None:
    connection = await connect(databases.ours)
    try:
        await connection.execute("create table if not exists seen(run int)")
        await connection.execute("insert into seen values($1)", run)
        assert await connection.fetchval("select count(*) from seen") == run
        assert await connection.fetchval("select count(*) from ceebus.migration where name = 'kernel'") > 0
    finally:
        await connection.close()


async def test_settings_lead_to_the_session_s_broker(settings: Settings, channel: str) -> None:
    topic = f"bed.{channel}"
    await ensure_topics(settings.kafka, [TopicSpec(topic, 1, {})])
    async with producer(settings.kafka, "test") as sender:
        await sender.send_all([Outgoing(topic, 0, b"key", b"value", [])])
    assert await log_bounds(settings.kafka, [(topic, 0)]) == {(topic, 0): (0, 1)}


async def test_settings_of_one_test_keep_to_its_own_folder(settings: Settings, tmp_path: Path) -> None:
    assert settings.blobs.is_relative_to(tmp_path)
    assert settings.home == tmp_path


async def test_eventually_shows_what_it_saw_last() -> None:
    values = iter([0, "", None, 7])
    assert await eventually(lambda: next(values)) == 7
    with pytest.raises(AssertionError, match=r"last: \[\]"):
        await eventually(list, within=0.05)
