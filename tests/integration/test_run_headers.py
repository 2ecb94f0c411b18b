"""What a lane passes on for a run says so: on export.*, on outcomes.<ch> and on import.*."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import orjson
import pytest

from schemas import topics
from schemas.channel import encode_channel
from schemas.mobile.registry import MOBILE
from services.exporter.batch import ExportBatch
from services.importer.batch import ImportBatch
from services.kernel.channels import ChannelFollower
from services.kernel.kafka import Producer, Record, producer
from services.kernel.kafka_read import follow
from services.kernel.lane import Batch
from services.kernel.postgres import pool
from services.kernel.settings import Settings
from tests.contracts.test_golden import change_of
from tests.failing import failing
from tests.integration.feed_bed import Written
from tests.integration.feed_broker import publish_channel

OWN, LANE = str(uuid4()), str(uuid4())
Heard = list[tuple[str, int, int]]


@pytest.fixture
async def settings(settings: Settings, channel: str) -> Settings:
    own = replace(settings, kafka=replace(settings.kafka, topic_prefix=f"runs-{encode_channel(channel)}."))
    await publish_channel(own, channel)
    return own


@pytest.fixture
async def out(settings: Settings) -> AsyncIterator[Producer]:
    async with producer(settings.kafka, "test") as made:
        yield made


def unit(channel: str, code: str, *headers: tuple[str, bytes], **changed: Any) -> Written:
    change = change_of("master-data/unit") | {"channel": channel, "key": f"units/{code}", "code": code} | changed
    stated = [("ce_id", b"i"), ("ce_objectversion", b"7"), *headers]
    return Written(topics.cee(channel, "master-data"), 0, 3, change["key"].encode(), orjson.dumps(change), stated)


async def said(settings: Settings, topic: str, count: int) -> list[tuple[str, str | None, str | None]]:
    """(key, run, force) of the first records of a topic, by key."""
    found: list[Record] = []
    async with asyncio.timeout(30):
        async for records in follow(settings.kafka, topic, "test"):
            found += records
            if len(found) >= count:
                break
    headers = [{name: value.decode() for name, value in record.headers} for record in found]
    return sorted(
        ((record.key or b"").decode(), texts.get("ce_runid"), texts.get("ce_force")) for record, texts in zip(found, headers, strict=True)
    )


async def test_exports_and_refusals_say_for_which_run_they_were_passed(settings: Settings, channel: str, out: Producer) -> None:
    own = (("ce_runid", OWN.encode()), ("ce_force", b"1"))
    heard: Heard = []
    async with ChannelFollower(settings.kafka, "test") as channels:
        work = ExportBatch(channels, out, lambda *counted: heard.append(counted))
        topic = topics.cee(channel, "master-data")
        with failing("master-data", {"units/D"}):
            await work([Batch(topic, 0, [unit(channel, "A"), unit(channel, "B", *own), unit(channel, "C", *own, name={})])])
            await work([Batch(topic, 0, [unit(channel, "D", *own), unit(channel, "E")], LANE, force=True)])
            await work([Batch(topic, 0, [unit(channel, "F", *own)], LANE)])
    exported = await said(settings, topics.export(channel, "master-data"), 4)
    assert exported == [("units/A", None, None), ("units/B", OWN, "1"), ("units/E", LANE, "1"), ("units/F", LANE, None)]
    assert await said(settings, topics.outcomes(channel), 2) == [("units/C", OWN, "1"), ("units/D", LANE, "1")]
    assert heard == [(channel, 1, 3), (channel, 1, 2), (channel, 0, 1)]


async def test_uploads_say_for_which_run_they_were_passed(settings: Settings, channel: str, out: Producer) -> None:
    example: dict[str, Any] = MOBILE["visits"].example  # type: ignore[attr-defined]
    body = example | {"channel": channel, "client": "management", "client_id": "m1", "device_id": None, "db_epoch": None}
    heard: Heard = []

    def visit(source: str, *headers: tuple[str, bytes], **changed: Any) -> Written:
        stated = [("ce_id", b"i"), ("ce_sender", b"management/m1"), ("ce_contenthash", b"h"), *headers]
        value = orjson.dumps(body | {"source_id": source} | changed)
        return Written(topics.mobile(channel, "visits"), 0, 3, source.encode(), value, stated)

    a, b, c = sorted(str(uuid4()) for _ in range(3))
    async with ChannelFollower(settings.kafka, "test") as channels, pool(settings.database_url, size=1) as ours:
        work = ImportBatch(channels, ours, out, lambda *counted: heard.append(counted))
        topic = topics.mobile(channel, "visits")
        await work([Batch(topic, 0, [visit(a), visit(b, ("ce_runid", OWN.encode()))])])
        await work([Batch(topic, 0, [visit(c, ("ce_runid", OWN.encode()), action_type="dance")], LANE, force=True)])
    assert await said(settings, topics.importing(channel, "visits"), 3) == [(a, None, None), (b, OWN, None), (c, LANE, "1")]
    assert heard == [(channel, 0, 2), (channel, 1, 1)]
