"""The figures of a channel are those of the rows and records that are there; what does not answer is named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest

from schemas import topics
from schemas.channel import Channel, encode_channel
from schemas.envelope import cee_headers
from services.kernel.kafka import Outgoing, Partition, producer
from services.kernel.kafka_admin import ensure_topics
from services.kernel.kafka_consumer import Consumer
from services.kernel.settings import Settings
from tests.integration.control_world import Operated, World, world
from tests.stack import eventually


@pytest.fixture
async def here(control_of_module: Operated, channel: str) -> AsyncIterator[World]:
    async with control_of_module.world(channel) as made:
        yield made


async def kinds(here: World) -> dict[str, dict[str, Any]]:
    found = await here.get(f"/v1/channels/{here.channel}/status", fresh=True)
    return {row["kind"]: row for row in found["kinds"]}


async def test_members_of_every_view_are_counted(here: World) -> None:
    found = await kinds(here)
    assert list(found) == list(topics.KINDS)
    company = {
        "sales-reps": 2,
        "partners": 2,
        "articles": 2,
        "article-categories": 2,
        "availability": 2,
        "sales-documents": 1,
        "attachments": 2,
    }
    assert {kind: found[kind]["in_cee"] for kind in company} == company
    await here.cee.execute("update cee.article set number = number where number = $1", f"A1{here.channel}")
    await here.cee.execute("delete from cee.channel_partner where partner = $1", f"P1{here.channel}")
    assert (await kinds(here))["partners"]["in_cee"] == 1


async def test_published_and_feed_are_the_rows_that_stand(here: World) -> None:
    put = "insert into ceebus.published(channel, kind, key, objectversion, removed) values($1, 'partners', $2, 1, $3)"
    for key, removed in (("1", False), ("2", False), ("3", True)):
        await here.cee.execute(put, here.channel, key, removed)
    await here.feed("partners", "1", 1)
    await here.feed("partners", "2", 2, op="deactivate")
    await here.feed("partners", "3", 3, removed=True)
    partners = (await kinds(here))["partners"]
    assert (partners["published"], partners["feed"], partners["deactivated"]) == (2, 1, 1)


async def test_on_devices_is_what_the_slowest_active_device_has(here: World) -> None:
    for position in range(1, 6):
        await here.feed("articles", str(position), position)
    assert (await kinds(here))["articles"]["on_devices"] is None
    epoch = await here.ours.fetchval("select epoch from ceebus.feed_position where channel = $1", here.channel)
    acks = {"quick": ("active", 5, epoch), "slow": ("active", 2, epoch), "revoked": ("revoked", 0, epoch)}
    for name, (state, data, of) in acks.items():
        device = f"{name}-{here.channel}"
        await here.ours.execute("insert into ceebus.device(id, channel, rep, state) values($1, $2, 'R', $3)", device, here.channel, state)
        put = "insert into ceebus.device_ack(device, channel, data_position, feed_epoch) values($1, $2, $3, $4)"
        await here.ours.execute(put, device, here.channel, data, of)
    found = await here.get(f"/v1/channels/{here.channel}/status", fresh=True)
    assert {name: found["devices"][name] for name in ("active", "complete", "last", "data_position")} == {
        "active": 2,
        "complete": 1,
        "last": 5,
        "data_position": 2,
    }
    assert (await kinds(here))["articles"]["on_devices"] == 2
    await here.ours.execute("update ceebus.device_ack set feed_epoch = $1 where device = $2", uuid4(), f"quick-{here.channel}")
    assert (await here.get(f"/v1/channels/{here.channel}/status"))["devices"]["data_position"] == 0


async def test_due_and_waiting_are_counted_by_code(here: World) -> None:
    await here.due("partners", "1", "field_missing")
    await here.due("partners", "2", "field_missing", exhausted=True)
    await here.due("partners", "3", "reference_missing")
    await here.ours.execute(
        "insert into ceebus.waiting(channel, kind, key, objectversion, op, topic_partition, topic_offset, missing)"
        " values($1, 'partners', '3', 1, 'upsert', 0, 0, '[]')",
        here.channel,
    )
    partners = (await kinds(here))["partners"]
    assert partners["due_codes"] == {"field_missing": 2, "reference_missing": 1}
    assert (partners["due"], partners["exhausted"], partners["waiting"]) == (3, 1, 1)
    assert partners["due_age_s"] >= 0


async def test_lag_is_the_distance_of_exporter_and_feed_from_the_ends_of_their_logs(here: World) -> None:
    await ensure_topics(here.settings.kafka, topics.declared(here.channel))
    cee, export = topics.cee(here.channel, "partners"), topics.export(here.channel, "partners")
    async with producer(here.settings.kafka, "test") as out:
        await out.send_all([Outgoing(cee, 1, b"k", b"{}", []) for _ in range(5)])
        await out.send_all([Outgoing(export, 2, b"k", b"{}", []) for _ in range(4)])
    await commit(here.settings, f"ceebus.export.{encode_channel(here.channel)}", (cee, 1), 3)
    await here.ours.execute("insert into ceebus.lane_offset(lane, topic, topic_partition, next_offset) values('feed', $1, 2, 1)", export)
    for key in "abcde":
        put = "insert into ceebus.published(channel, kind, key, objectversion) values($1, 'partners', $2, 1)"
        await here.cee.execute(put, here.channel, key)
    partners = (await kinds(here))["partners"]
    assert (partners["exporter_lag"], partners["feed_lag"], partners["lag_records"]) == (2, 3, 5)
    assert (partners["exported"], partners["exported_records"], partners["feed_records"]) == (3, 3, 1)
    assert 0 <= partners["oldest_age_s"] < 60
    assert (await kinds(here))["articles"]["oldest_age_s"] is None


async def commit(settings: Settings, group: str, partition: Partition, offset: int) -> None:
    """As the exporter's lane does it: as a member of the group."""
    consumer, joined = Consumer(settings.kafka, group, "test"), asyncio.Event()

    async def assigned(partitions: list[Partition]) -> None:
        for one in partitions:
            consumer.seek(one, 0)
        joined.set()

    async def revoked(_: list[Partition]) -> None: ...

    await consumer.start()
    try:
        consumer.subscribe([partition[0]], assigned, revoked)
        async with asyncio.timeout(30):
            await joined.wait()
        await consumer.commit({partition: offset})
    finally:
        await consumer.stop()


async def test_changes_the_source_has_not_passed_are_on_their_way(here: World) -> None:
    await here.cee.execute("insert into ceebus.source_cursor(channel, txid, seq) values($1, '0', 0)", here.channel)
    await here.cee.execute("update cee.partner set name = 'Sklep' where number = $1", f"P1{here.channel}")
    found = await here.get(f"/v1/channels/{here.channel}/status")
    assert found["outbox"]["rows"] > 0
    assert {row["kind"]: row["oldest_age_s"] for row in found["kinds"]}["partners"] is not None


async def test_snapshots_are_shown_in_export_order_with_the_newest_of_each_kind(here: World) -> None:
    put = "insert into ceebus.snapshot(channel, kind, state, done, total) values($1, $2, $3, $4, $5)"
    for row in (("partners", "done", 2, 2), ("partners", "rows", 1, 2), ("master-data", "removals", 9, 9)):
        await here.cee.execute(put, here.channel, *row)
    found = await here.get(f"/v1/channels/{here.channel}/snapshots")
    assert [(row["kind"], row["state"], row["done"], row["total"]) for row in found] == [
        ("master-data", "removals", 9, 9),
        ("partners", "rows", 1, 2),
    ]


async def test_channel_on_the_bus_is_shown_while_cee_is_away(environment: dict[str, str], tmp_path: Path, channel: str) -> None:
    async with world(environment, tmp_path, channel, cee_away=True) as here:
        assert (await here.http.get(f"/v1/channels/{channel}/status")).json()["code"] == "channel_unknown"
        await publish_settings(here)
        await eventually(lambda: is_listed(here))
        await here.feed("partners", "1", 1)
        found = await here.get(f"/v1/channels/{channel}/status")
        partners = {row["kind"]: row for row in found["kinds"]}["partners"]
        assert (partners["in_cee"], partners["published"], partners["feed"]) == (None, None, 1)
        assert any("CEE" in text for text in found["away"])
        assert (await here.http.get(f"/v1/channels/{channel}/snapshots")).json()["code"] == "cee_unavailable"


async def publish_settings(here: World) -> None:
    """As the source does when it sees the channel."""
    body = await here.cee.fetchval("select body from cee.mobile_channels where channel = $1", here.channel)
    value = Channel.model_validate_json(orjson.dumps(body | {"id": here.channel, "active": False})).model_dump_json().encode()
    async with producer(here.settings.kafka, "test") as out:
        await out.send_all(
            [Outgoing(topics.CHANNELS, 0, here.channel.encode(), value, cee_headers("channels", here.channel, 1, b"/cee/test"))]
        )


async def is_listed(here: World) -> bool:
    return here.channel in [row["id"] for row in (await here.get("/v1/channels"))["items"] if row["in_cee"] is None and row["on_bus"]]
