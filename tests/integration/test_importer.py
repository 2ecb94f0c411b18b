"""The importer as a role on real Kafka and PostgreSQL: what the gateway stored goes on, in place and in order, or says why not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

import orjson
import pytest

from schemas import topics
from schemas.channel import encode_channel
from schemas.envelope import header
from schemas.imports.registry import IMPORTS
from schemas.mobile.envelope import upload_hash, upload_id
from schemas.mobile.registry import MOBILE
from services.importer.__main__ import serve
from services.kernel.kafka import Outgoing, Record, partition_for, producer
from services.kernel.kafka_admin import group_offsets
from services.kernel.kafka_read import follow
from services.kernel.postgres import pool
from services.kernel.settings import Settings
from tests.integration.feed_broker import publish_channel
from tests.stack import eventually

EPOCH, OTHER = str(uuid4()), str(uuid4())
DEVICES = {"good": ("active", EPOCH), "gone": ("revoked", EPOCH), "cloned": ("active", OTHER), "fresh": ("enrolled", None)}


@pytest.fixture
async def settings(settings: Settings, channel: str) -> Settings:
    """Topics and group of one test alone, with a channel and its devices."""
    own = replace(settings, kafka=replace(settings.kafka, topic_prefix=f"import-{encode_channel(channel)}."))
    await publish_channel(own, channel)
    async with pool(own.database_url, size=1) as database, database.acquire() as connection:
        await connection.executemany(
            "insert into ceebus.device(id, channel, rep, state, db_epoch) values($1, $2, 'R1', $3, $4)",
            [(f"{channel}-{name}", channel, state, epoch) for name, (state, epoch) in DEVICES.items()],
        )
    return own


def upload(channel: str, kind: str, device: str = "good", **changed: Any) -> dict[str, Any]:
    """As the gateway stamps it."""
    example: dict[str, Any] = MOBILE[kind].example  # type: ignore[attr-defined]
    stamped = {"channel": channel, "client": "device", "device_id": f"{channel}-{device}", "client_id": None, "db_epoch": EPOCH}
    return example | stamped | {"source_id": str(uuid4())} | changed


def stored(kind: str, record: dict[str, Any], raw: bytes | None = None) -> Outgoing:
    """A record of mobile.* where the gateway puts it; `raw` instead of its value."""
    key, digest = record["source_id"].encode(), upload_hash(record)
    device = record["device_id"] is not None
    sender = f"device/{record['device_id']}" if device else f"management/{record['client_id']}"
    headers = [
        ("ce_specversion", b"1.0"),
        ("content-type", b"application/json"),
        ("ce_id", upload_id(record["channel"], record["source_id"], record["revision"], digest).encode()),
        ("ce_source", f"/{sender}".encode()),
        ("ce_type", f"ceebus.mobile.{kind}.v1".encode()),
        ("ce_time", b"2026-03-02T10:15:00.000Z"),
        ("ce_sender", sender.encode()),
        ("ce_contenthash", digest.encode()),
    ]
    topic = topics.mobile(record["channel"], kind)
    return Outgoing(topic, partition_for(key, topics.IMPORT_PARTITIONS), key, raw or orjson.dumps(record), headers)


async def store(settings: Settings, records: Iterable[Outgoing]) -> None:
    async with producer(settings.kafka, "test") as out:
        await out.send_all(records)


@asynccontextmanager
async def importing(settings: Settings) -> AsyncIterator[None]:
    stop = asyncio.Event()
    role = asyncio.create_task(serve(settings, stop))
    try:
        yield
    finally:
        stop.set()
        await role


async def passed_on(settings: Settings, channel: str, kind: str, count: int) -> list[Record]:
    """The first `count` records of import.<ch>.<kind>."""
    found: list[Record] = []
    async with asyncio.timeout(30):
        async for records in follow(settings.kafka, topics.importing(channel, kind), "test"):
            found += records
            if len(found) >= count:
                break
    assert len(found) == count
    return found


def texts(record: Record) -> dict[str, str]:
    return {name: value.decode() for name, value in record.headers}


async def test_good_uploads_of_every_kind_go_on_under_their_id(settings: Settings, channel: str) -> None:
    sent = {kind: stored(kind, upload(channel, kind)) for kind in topics.IMPORT_KINDS}
    await store(settings, sent.values())
    async with importing(settings):
        for kind in topics.IMPORT_KINDS:
            (record,) = await passed_on(settings, channel, kind, 1)
            assert (record.key, record.partition) == (sent[kind].key, sent[kind].partition)
            body = IMPORTS[kind].model_validate_json(record.value or b"")
            assert (body.source_id, body.kind, body.rep) == (sent[kind].key.decode(), kind, "R1")
            carried = ("ce_id", "ce_source", "ce_time", "ce_sender", "ce_contenthash")
            assert [header(record.headers, name) for name in carried] == [header(sent[kind].headers, name) for name in carried]
            assert texts(record)["ce_type"] == f"ceebus.import.{kind}.v1"
            assert texts(record)["ce_devicestate"] == "ok"
            assert "ce_outcome" not in texts(record)


async def test_a_refusal_goes_on_with_its_bytes_and_where_it_came_from(settings: Settings, channel: str) -> None:
    wrong = [
        (stored("documents", upload(channel, "documents", confirmed=False)), "document_not_confirmed"),
        (stored("documents", upload(channel, "documents"), b'{"cut off'), "malformed"),
        (stored("documents", upload(channel, "documents"), b"\xff\x00"), "malformed"),
        (stored("documents", upload(channel, "documents", "gone")), "device_revoked"),
        (stored("documents", upload(channel, "documents", "nobody")), "device_revoked"),
        (stored("documents", upload(channel, "documents", description="a\0b")), "field_invalid"),
    ]
    await store(settings, [record for record, _ in wrong])
    async with importing(settings):
        found = {record.key: record for record in await passed_on(settings, channel, "documents", len(wrong))}
    for sent, code in wrong:
        record = found[sent.key]
        headers = texts(record)
        assert (headers["ce_outcome"], headers["ce_code"]) == ("rejected", code)
        assert (record.value, record.partition) == (sent.value, sent.partition)
        assert header(record.headers, "ce_id") == header(sent.headers, "ce_id")
        assert headers["__connect.errors.topic"] == topics.mobile(channel, "documents")
        assert (int(headers["__connect.errors.partition"]), headers["__connect.errors.stage"]) == (sent.partition, "importer")
    offsets = {(found[sent.key].partition, int(texts(found[sent.key])["__connect.errors.offset"])) for sent, _ in wrong}
    assert len(offsets) == len(wrong)


async def test_another_database_of_the_device_is_told_apart(settings: Settings, channel: str) -> None:
    sent = [stored("visits", upload(channel, "visits", device)) for device in ("good", "cloned", "fresh")]
    manager = {"client": "management", "client_id": "c-1", "device_id": None, "db_epoch": None}
    sent.append(stored("visits", upload(channel, "visits", **manager)))
    await store(settings, sent)
    async with importing(settings):
        found = {record.key: texts(record) for record in await passed_on(settings, channel, "visits", len(sent))}
    assert [found[record.key].get("ce_devicestate") for record in sent] == ["ok", "foreign_epoch", "ok", None]


async def test_uploads_of_an_object_keep_their_order_and_none_is_lost_over_restarts(settings: Settings, channel: str) -> None:
    objects = [str(uuid4()) for _ in range(40)]
    for first in (1, 6):
        revisions = range(first, first + 5)
        uploads = [upload(channel, "visits", source_id=source_id, revision=revision) for revision in revisions for source_id in objects]
        await store(settings, [stored("visits", one) for one in uploads])
        async with importing(settings):
            found = await passed_on(settings, channel, "visits", len(objects) * (first + 4))
            await eventually(partial(judged_up_to, settings, channel, len(found)), within=20)
    by_object: dict[bytes, list[int]] = {}
    for record in found:
        by_object.setdefault(record.key or b"", []).append(orjson.loads(record.value or b"")["revision"])
    assert by_object == {source_id.encode(): list(range(1, 11)) for source_id in objects}
    assert {record.partition for record in found} == {0, 1, 2, 3}


async def judged_up_to(settings: Settings, channel: str, count: int) -> bool:
    offsets = await group_offsets(settings.kafka, f"ceebus.import.{encode_channel(channel)}")
    return sum(offset for offset, _ in offsets.values()) == count


async def test_a_log_that_lost_uploads_is_an_alarm_with_the_range(settings: Settings, channel: str) -> None:
    """As after a topic was made anew: the marker's mirror names an offset that the log does not have."""
    sent = stored("partners", upload(channel, "partners"))
    async with pool(settings.database_url, size=1) as database:
        await database.execute(
            "insert into ceebus.lane_offset(lane, topic, topic_partition, epoch, next_offset) values($1, $2, $3, 0, 7)",
            f"import.{channel}",
            sent.topic,
            sent.partition,
        )
        await store(settings, [sent])
        async with importing(settings):
            (record,) = await passed_on(settings, channel, "partners", 1)
            assert record.key == sent.key
        rows = await database.fetch("select * from ceebus.import_gap where channel = $1", channel)
        assert [(row["kind"], row["topic"], row["topic_partition"], row["from_offset"], row["to_offset"]) for row in rows] == [
            ("partners", sent.topic, sent.partition, 7, 0)
        ]
        assert await database.fetchval("select count(*) from ceebus.wanted where channel = $1", channel) == 0
