"""A source that dies between the commit of `published` and the send: the broker is away, so it can't have sent (F01's window)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.sandbox.stack import Stack, embedded
from tests.source_bed import Bed, small_cee, source_process
from tests.stack import eventually

CHANNEL = "PL1"


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[Stack]:
    """A stack of its own: its broker goes away."""
    async with embedded(tmp_path / "stack", durable=False) as running:
        yield running


async def test_a_removal_that_was_remembered_and_not_sent_is_sent_by_the_next_source(own: Stack, tmp_path: Path) -> None:
    assert own.kafka is not None
    async with small_cee(own, tmp_path) as bed:
        await bed.add_channel(CHANNEL)
        for key in ("gone", "changed"):
            await bed.put(CHANNEL, "articles", key, name=key)
        async with source_process(bed.environment) as first:
            await eventually(lambda: bed.snapshots_done(CHANNEL), within=60)
            before = await remembered(bed)
            await own.kafka.stop()  # one that only stood still would find what was sent in its socket afterwards
            async with bed.cee.acquire() as connection, connection.transaction():  # one batch: the second would wait for the first
                await connection.execute("delete from cee.object where channel = $1 and key = 'gone'", CHANNEL)
                await connection.execute(
                    "update cee.object set body = $2, version = version + 1 where channel = $1", CHANNEL, {"name": "anew"}
                )
            await eventually(lambda: both_remembered(bed, before), within=60)
            first.kill()
            await first.wait()
        await own.kafka.start(lambda _text: None)
        async with source_process(bed.environment):
            await eventually(lambda: bed.is_newest(CHANNEL, "articles", "gone", None), within=60)
            newest = await eventually(lambda: changed_anew(bed), within=60)
        assert newest == {"gone": None, "changed": "anew"}
        await bed.versions_never_fall(CHANNEL, "articles")


async def test_a_removal_that_a_snapshot_remembered_and_did_not_send_is_sent_by_the_next_source(own: Stack, tmp_path: Path) -> None:
    """It went without a change event, so that nothing but the snapshot can find it."""
    assert own.kafka is not None
    async with small_cee(own, tmp_path) as bed:
        await bed.add_channel(CHANNEL)
        for key in ("gone", "kept"):
            await bed.put(CHANNEL, "articles", key, name=key)
        async with source_process(bed.environment) as first:
            await eventually(lambda: bed.snapshots_done(CHANNEL), within=60)
            before = await remembered(bed)
            await own.kafka.stop()
            async with bed.cee.acquire() as connection, connection.transaction():
                await connection.execute("set local session_replication_role = replica")  # no trigger
                await connection.execute("delete from cee.object where channel = $1 and key = 'gone'", CHANNEL)
            await bed.want(CHANNEL, "articles", "", "snapshot")
            await eventually(lambda: is_remembered(bed, "gone", before), within=60)
            first.kill()
            await first.wait()
        await own.kafka.start(lambda _text: None)
        async with source_process(bed.environment):
            await eventually(lambda: bed.is_newest(CHANNEL, "articles", "gone", None), within=60)
            await eventually(lambda: bed.snapshots_done(CHANNEL), within=60)
        assert (await bed.newest(CHANNEL, "articles"))["kept"]["name"] == "kept"  # type: ignore[index]
        await bed.versions_never_fall(CHANNEL, "articles")


async def is_remembered(bed: Bed, key: str, before: dict[str, int]) -> bool:
    return (await remembered(bed)).get(key, 0) > before[key]


async def remembered(bed: Bed) -> dict[str, int]:
    rows = await bed.cee.fetch("select key, objectversion from ceebus.published where channel = $1 and kind = 'articles'", CHANNEL)
    return {row["key"]: row["objectversion"] for row in rows}


async def both_remembered(bed: Bed, before: dict[str, int]) -> bool:
    now = await remembered(bed)
    return all(now[key] > before[key] for key in ("gone", "changed"))


async def changed_anew(bed: Bed) -> dict[str, str | None] | None:
    newest = {key: value["name"] if value else None for key, value in (await bed.newest(CHANNEL, "articles")).items()}
    return newest if newest.get("changed") == "anew" else None
