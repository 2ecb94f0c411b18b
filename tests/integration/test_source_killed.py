"""A source that dies between the commit of `published` and the send: the broker is away, so it can't have sent (F01's window).

One outage for both ways in which a removal is found: its change in the outbox, and a snapshot that misses the object.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.sandbox.stack import Stack, embedded
from tests.source_bed import Bed, small_cee, source_process
from tests.stack import eventually

CHANGED, READ = "PL1", "PL2"
KEYS = ("gone", "stays")


@pytest.fixture
async def own(tmp_path: Path) -> AsyncIterator[Stack]:
    """A stack of its own: its broker goes away."""
    async with embedded(tmp_path / "stack", durable=False) as running:
        yield running


async def test_removals_that_were_remembered_and_not_sent_are_sent_by_the_next_source(own: Stack, tmp_path: Path) -> None:
    assert own.kafka is not None
    async with small_cee(own, tmp_path) as bed:
        for channel in (CHANGED, READ):
            await bed.add_channel(channel)
            for key in KEYS:
                await bed.put(channel, "articles", key, name=key)
        async with source_process(bed.environment) as first:
            await eventually(lambda: are_exported(bed), within=60)
            before = await remembered(bed)
            await own.kafka.stop()  # one that only stood still would find what was sent in its socket afterwards
            await remove_with_a_change(bed)
            await remove_without_a_change(bed)
            await eventually(lambda: are_remembered(bed, before), within=60)
            first.kill()
            await first.wait()
        await own.kafka.start(lambda _text: None)
        async with source_process(bed.environment):
            await eventually(lambda: are_newest(bed, CHANGED, {"gone": None, "stays": "anew"}), within=60)
            await eventually(lambda: are_newest(bed, READ, {"gone": None, "stays": "stays"}), within=60)
            await eventually(lambda: are_exported(bed), within=60)
        for channel in (CHANGED, READ):
            await bed.versions_never_fall(channel, "articles")


async def are_exported(bed: Bed) -> bool:
    return await bed.snapshots_done(CHANGED) and await bed.snapshots_done(READ)


async def remove_with_a_change(bed: Bed) -> None:
    """Two changes of one batch: the second would wait for the first."""
    async with bed.cee.acquire() as connection, connection.transaction():
        await connection.execute("delete from cee.object where channel = $1 and key = 'gone'", CHANGED)
        await connection.execute("update cee.object set body = $2, version = version + 1 where channel = $1", CHANGED, {"name": "anew"})


async def remove_without_a_change(bed: Bed) -> None:
    """Nothing but a snapshot can find it."""
    async with bed.cee.acquire() as connection, connection.transaction():
        await connection.execute("set local session_replication_role = replica")  # no trigger
        await connection.execute("delete from cee.object where channel = $1 and key = 'gone'", READ)
    await bed.want(READ, "articles", "", "snapshot")


async def remembered(bed: Bed) -> dict[tuple[str, str], int]:
    rows = await bed.cee.fetch("select channel, key, objectversion from ceebus.published where kind = 'articles'")
    return {(row["channel"], row["key"]): row["objectversion"] for row in rows}


async def are_remembered(bed: Bed, before: dict[tuple[str, str], int]) -> bool:
    now = await remembered(bed)
    return all(now[at] > before[at] for at in ((CHANGED, "gone"), (CHANGED, "stays"), (READ, "gone")))


async def are_newest(bed: Bed, channel: str, names: dict[str, str | None]) -> bool:
    newest = await bed.newest(channel, "articles")
    return {key: value["name"] if value else None for key, value in newest.items()} == names
