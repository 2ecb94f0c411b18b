"""Removals: sent once, only for what was published, and an old price before the new one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.sandbox.stack import Stack
from tests.source_bed import Bed, object_version, small_cee, source_task
from tests.stack import eventually


@pytest.fixture
async def bed(stack: Stack, tmp_path: Path) -> AsyncIterator[Bed]:
    async with small_cee(stack, tmp_path) as made:
        yield made


async def test_removals_are_sent_once_and_only_for_what_was_published(bed: Bed, channel: str) -> None:
    await bed.add_channel(channel)
    async with source_task(bed.settings):
        await eventually(lambda: bed.snapshots_done(channel))
        for key in ("left", "gone", "stub"):
            await bed.put(channel, "articles", key, name=key)
        await eventually(lambda: bed.has_newest(channel, "articles", {"left", "gone", "stub"}))
        await bed.put(channel, "articles", "left", member=False, name="left")
        await bed.put(channel, "articles", "stub", member=False, stub=True, name="stub")
        await bed.put(channel, "articles", "never", member=False, name="never")
        await bed.remove(channel, "articles", "gone")
        await bed.put(channel, "articles", "named", member=False, stub=True, name="named")  # never a member, but a document names it
        await bed.put(channel, "articles", "last", name="last")
        await eventually(lambda: bed.has_newest(channel, "articles", {"last"}))
        before = len(await bed.kind_log(channel, "articles"))
        await bed.put(channel, "articles", "left", member=False, name="still away")
        await bed.remove(channel, "articles", "left")
        await bed.put(channel, "articles", "end", name="end")
        await eventually(lambda: bed.has_newest(channel, "articles", {"end"}))
        newest = await bed.newest(channel, "articles")
        assert len(await bed.kind_log(channel, "articles")) == before + 1  # nothing more about what had left
    assert newest["gone"] is None
    assert newest["left"] is not None
    assert not newest["left"]["member"]
    assert {"never", "named"} & set(newest) == {"named"}
    await _published_is_superset(bed, channel, "articles")


async def test_a_returning_object_is_sent_again(bed: Bed, channel: str) -> None:
    await bed.add_channel(channel)
    await bed.put(channel, "partners", "K1", name="one")
    async with source_task(bed.settings):
        await eventually(lambda: bed.has_newest(channel, "partners", {"K1"}))
        await bed.remove(channel, "partners", "K1")
        await eventually(lambda: bed.is_newest(channel, "partners", "K1", None))
        await bed.put(channel, "partners", "K1", name="two")
        await eventually(lambda: bed.has_newest(channel, "partners", {"K1"}))
    versions = [object_version(record) for record in await bed.kind_log(channel, "partners")]
    assert versions == sorted(versions)


async def test_old_price_goes_before_the_new_one_comes(bed: Bed, channel: str) -> None:
    await bed.add_channel(channel)
    await bed.put(channel, "price-lists", "L1/A1/szt/0/2024-01-01", price="1.0000")
    async with source_task(bed.settings):
        await eventually(lambda: bed.has_newest(channel, "price-lists", {"L1/A1/szt/0/2024-01-01"}))
        async with bed.cee.acquire() as connection, connection.transaction():
            await connection.execute(
                "insert into cee.object(channel, kind, key) values($1, 'price-lists', 'L1/A1/szt/0/2024-02-01')", channel
            )
            await connection.execute("delete from cee.object where channel = $1 and key = 'L1/A1/szt/0/2024-01-01'", channel)
        await eventually(lambda: bed.has_newest(channel, "price-lists", {"L1/A1/szt/0/2024-02-01"}))
    log = await bed.kind_log(channel, "price-lists")
    assert [(record.key, record.value is None) for record in log] == [
        (b"L1/A1/szt/0/2024-01-01", False),
        (b"L1/A1/szt/0/2024-01-01", True),
        (b"L1/A1/szt/0/2024-02-01", False),
    ]
    assert len({record.partition for record in log}) == 1


async def test_that_a_key_is_published_is_on_disk_before_it_is_sent(bed: Bed, channel: str) -> None:
    """A server that crashed and forgot it would have nobody send the removal; of a known key only a version is forgotten."""
    name = await bed.cee.fetchval("select current_database()")
    await bed.cee.execute(f'alter database "{name}" set synchronous_commit = on')  # as a server has it that is no test's
    await bed.cee.execute("create table waited(key text, setting text)")
    await bed.cee.execute(
        "create function note_wait() returns trigger language plpgsql as $$ begin"
        " insert into waited values(new.key, current_setting('synchronous_commit')); return null; end $$"
    )
    await bed.cee.execute("create trigger waited after insert or update on ceebus.published for each row execute function note_wait()")
    await bed.add_channel(channel)
    await bed.put(channel, "partners", "read", name="first")
    async with source_task(bed.settings):
        await eventually(lambda: bed.snapshots_done(channel), within=30)
        await bed.put(channel, "partners", "new", name="first")
        await eventually(lambda: bed.has_newest(channel, "partners", {"new"}))
        await bed.put(channel, "partners", "new", name="second")
        await eventually(lambda: bed.has_records(channel, "partners", 3))
    rows = await bed.cee.fetch("select key, setting from waited where key in ('read', 'new')")
    assert [tuple(row) for row in rows] == [("read", "on"), ("new", "on"), ("new", "off")]


async def _published_is_superset(bed: Bed, channel: str, kind: str) -> None:
    rows = await bed.cee.fetch("select key, removed from ceebus.published where channel = $1 and kind = $2", channel, kind)
    kept = {row["key"]: row["removed"] for row in rows}
    for key, value in (await bed.newest(channel, kind)).items():
        assert kept[key] == (value is None or not (value["member"] or value.get("stub")))
