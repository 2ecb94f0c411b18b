"""The commands that work on Kafka and the databases themselves: topics, db, the reference CEE."""

from __future__ import annotations

import json

import pytest

from schemas import topics
from schemas.topics import TopicSpec
from services.kernel.kafka import Outgoing, producer
from services.kernel.kafka_admin import alter_topic, ensure_topics, topic_configs, topics_present
from services.kernel.postgres import connect
from services.kernel.settings import Settings
from services.sandbox.stack import Stack
from tests.integration.control_world import Cli
from tests.stack import Databases, eventually


@pytest.fixture
def cli(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(environment, monkeypatch, capsys)


async def test_topics_are_planned_then_made_then_as_they_should_be(settings: Settings, cli: Cli, channel: str) -> None:
    planned = await cli("topics", "plan", channel, "--json")
    steps = {step["topic"]: step for step in json.loads(planned.out)}
    assert planned.code == 1
    assert {name for name, step in steps.items() if step["action"] == "create"} >= {spec.name for spec in topics.declared(channel)}
    assert topics.cee(channel, "partners") not in await topics_present(settings.kafka)
    assert (await cli("topics", "apply", channel)).code == 0
    present = await topics_present(settings.kafka)
    assert {spec.name: present.get(spec.name) for spec in topics.declared(channel)} == {
        spec.name: spec.partitions for spec in topics.declared(channel)
    }
    planned = await cli("topics", "plan", channel)
    count = len(topics.declared(channel)) + 1  # and that of the channels
    assert (planned.code, f"{count} of {count} topics are as they should be." in planned.out) == (0, True)


async def test_config_change_keeps_the_other_settings(settings: Settings, cli: Cli, channel: str) -> None:
    """T29: Kafka replaces the whole set of a topic's settings."""
    name = topics.cee(channel, "partners")
    await ensure_topics(settings.kafka, topics.declared(channel))
    await alter_topic(settings.kafka, name, {"cleanup.policy": "delete", "segment.bytes": "1048576"})
    await eventually(lambda: is_set(settings, name, {"cleanup.policy": "delete", "segment.bytes": "1048576"}))
    changes = [step for step in json.loads((await cli("topics", "plan", channel, "--json")).out) if step["action"] != "keep"]
    assert [(step["topic"], step["action"]) for step in changes] == [(name, "configure")]
    assert (await cli("topics", "apply", channel)).code == 0
    await eventually(lambda: is_set(settings, name, topics.COMPACTED | {"segment.bytes": "1048576"}))


async def is_set(settings: Settings, topic: str, config: dict[str, str]) -> bool:
    """Brokers learn of a change a moment after it was made."""
    return (await topic_configs(settings.kafka, [topic]))[topic] == config


async def test_other_number_of_partitions_is_told_and_left(settings: Settings, cli: Cli, channel: str) -> None:
    name = topics.cee(channel, "partners")
    await ensure_topics(settings.kafka, [TopicSpec(name, 2, topics.COMPACTED)])
    answer = await cli("topics", "apply", channel)
    assert (answer.code, "[partitions_differ]" in answer.err) == (1, True)
    present = await topics_present(settings.kafka)
    assert (present[name], present[topics.cee(channel, "articles")]) == (2, 4)


async def test_topics_are_listed_with_their_records(settings: Settings, cli: Cli, channel: str) -> None:
    await ensure_topics(settings.kafka, topics.declared(channel))
    async with producer(settings.kafka, "test") as out:
        await out.send_all([Outgoing(topics.export(channel, "articles"), 3, b"k", b"{}", []) for _ in range(7)])
    rows = {row["topic"]: row for row in json.loads((await cli("topics", "list", "--json")).out)}
    assert rows[topics.export(channel, "articles")] == {"topic": topics.export(channel, "articles"), "partitions": 4, "records": 7}


@pytest.fixture
async def empty(stack: Stack) -> Databases:
    """Two databases without anything."""
    assert stack.postgres is not None
    admin = await connect(stack.postgres.url("postgres"))
    try:
        for name in ("empty_ours", "empty_cee"):
            await admin.execute(f"drop database if exists {name} with (force)")
            await admin.execute(f"create database {name}")
    finally:
        await admin.close()
    return Databases(stack.postgres.url("empty_ours"), stack.postgres.url("empty_cee"))


async def test_databases_are_upgraded_and_another_s_cee_gets_no_tables_of_the_reference(
    cli: Cli, empty: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CEEBUS_DATABASE_URL", empty.ours)
    monkeypatch.setenv("CEEBUS_CEE_DATABASE_URL", empty.cee)
    answer = await cli("db", "status", "--json")
    missing = json.loads(answer.out)["missing"]
    assert (answer.code, missing[0], "source/0001_source.sql" in missing, "cee" in missing) == (1, "kernel/0001_base.sql", True, False)
    answer = await cli("db", "upgrade", "--json")
    assert (answer.code, json.loads(answer.out)["applied"]) == (0, missing)
    assert (await cli("db", "status")).out == "Both databases are up to date.\n"
    answer = await cli("cee", "channel", "list")
    assert (answer.code, "[no_reference_cee]" in answer.err) == (1, True)
    assert (await cli("db", "upgrade", "--reference-cee")).out == "applied cee\n"
    assert (await cli("cee", "channel", "list")).code == 0


async def test_reference_cee_gets_a_company_and_channels_that_are_switched_on_and_off(cli: Cli, settings: Settings) -> None:
    answer = await cli("generate", "--size", "tiny", "--channel", "A.1", "--json")
    assert (answer.code, json.loads(answer.out)["channel"]) == (0, "A.1")
    assert (await cli("generate", "--size", "tiny", "--channel", "A.1")).code == 1
    answer = await cli("cee", "channel", "add", "B.1", "--set", "description=Zweiter", "--set", "currency=EUR", "--json")
    assert json.loads(answer.out) == {"channel": "B.1", "like": "A.1"}
    assert (await cli("cee", "channel", "activate", "B.1")).code == 0
    rows = {row["channel"]: row for row in json.loads((await cli("cee", "channel", "list", "--json")).out)}
    assert rows["B.1"] == {"channel": "B.1", "active": True, "currency": "EUR", "description": "Zweiter"}
    assert rows["A.1"]["active"] is False
    await cli("cee", "channel", "deactivate", "B.1")
    connection = await connect(settings.cee_database_url)
    try:
        body = await connection.fetchval("select body from cee.mobile_channels where channel = 'B.1' and not active")
    finally:
        await connection.close()
    assert body["availability_warehouses"]


@pytest.mark.parametrize(
    ("command", "code", "error"),
    [
        (("cee", "channel", "activate", "?"), 1, "channel_unknown"),
        (("cee", "channel", "add", "LONG"), 2, "channel_refused"),
        (("cee", "channel", "add", "X", "--like", "?"), 1, "channel_unknown"),
        (("cee", "channel", "add", "X", "--set", "colour=red"), 2, "setting_unknown"),
        (("cee", "channel", "add", "X", "--set", "currency"), 2, "setting_unknown"),
        (("cee", "day", "?", "--seconds", "0.1"), 1, "channel_empty"),
        (("generate", "--size", "giant"), 2, "request_invalid"),
    ],
)
async def test_reference_cee_refuses_what_makes_no_channel(cli: Cli, command: tuple[str, ...], code: int, error: str) -> None:
    await cli("generate", "--size", "tiny", "--channel", "A.1")
    answer = await cli(*command)
    assert (answer.code, answer.out) == (code, "")
    assert f"[{error}]" in answer.err
