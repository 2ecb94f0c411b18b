"""Snapshots, activation and deactivation, a killed source and one that takes over, wanted rows.

It is one thing: all of these are ways into the same snapshot.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schemas import topics
from services.sandbox.stack import Stack
from tests.source_bed import Bed, object_version, small_cee, source_process, source_task
from tests.stack import eventually


@pytest.fixture
async def bed(stack: Stack, tmp_path: Path) -> AsyncIterator[Bed]:
    async with small_cee(stack, tmp_path) as made:
        yield made


async def fill(bed: Bed, channel: str, kind: str, count: int) -> None:
    body = "jsonb_build_object('n', n) from generate_series(1, $3::int) n"
    await bed.cee.execute(f"insert into cee.object(channel, kind, key, body) select $1, $2, 'K' || n, {body}", channel, kind, count)


async def test_first_activation_publishes_all_kinds_in_export_order(bed: Bed, channel: str) -> None:
    await bed.add_channel(channel, active=False)
    for kind in topics.KINDS:
        await fill(bed, channel, kind, 3)
    async with source_task(bed.settings):
        await eventually(lambda: bed.settings_are(channel, active=False))
        assert await bed.kind_log(channel, "partners") == []
        await bed.activate(channel)
        await eventually(lambda: bed.snapshots_done(channel))
        firsts = [(await bed.kind_log(channel, kind))[0] for kind in topics.KINDS]
    versions = [object_version(record) for record in firsts]
    assert versions == sorted(versions)
    rows = await bed.cee.fetch("select kind, done, total from ceebus.snapshot where channel = $1", channel)
    assert {(row["kind"], row["done"], row["total"]) for row in rows} == {(kind, 3, 3) for kind in topics.KINDS}


async def test_two_channels_one_of_them_inactive(bed: Bed, channel: str) -> None:
    """The inactive one gets nothing, keeps its cursor, and catches up from the outbox without a second snapshot."""
    other = channel[::-1]
    for name in (channel, other):
        await bed.add_channel(name)
    async with source_task(bed.settings):
        await eventually(lambda: bed.snapshots_done(channel))
        await eventually(lambda: bed.snapshots_done(other))
        await bed.activate(other, active=False)
        await eventually(lambda: bed.settings_are(other, active=False))
        for name in (channel, other):
            await bed.put(name, "partners", "K1", name="while away")
        await eventually(lambda: bed.has_newest(channel, "partners", {"K1"}))
        assert await bed.kind_log(other, "partners") == []
        await bed.activate(other)
        await eventually(lambda: bed.has_newest(other, "partners", {"K1"}))
    assert await bed.cee.fetchval("select count(*) from ceebus.snapshot where channel = $1", other) == len(topics.KINDS)


async def test_live_changes_go_on_beside_a_snapshot_and_no_key_falls_back(bed: Bed, channel: str) -> None:
    await bed.add_channel(channel)
    await fill(bed, channel, "articles", 20_000)
    async with source_task(bed.settings):
        await eventually(lambda: bed.log_grows(channel, "articles"))
        for number in range(30):
            await bed.put(channel, "articles", f"K{1 + 600 * number}", n=-number)
        await eventually(lambda: bed.snapshots_done(channel), within=30)
        await bed.put(channel, "articles", "last")
        await eventually(lambda: bed.has_newest(channel, "articles", {"last"}))
    newest = await bed.newest(channel, "articles")
    assert all((newest[f"K{1 + 600 * number}"] or {})["n"] == -number for number in range(30))
    await bed.versions_never_fall(channel, "articles")


async def test_killed_source_goes_on_at_its_chunk_and_loses_nothing(bed: Bed, channel: str) -> None:
    await bed.add_channel(channel)
    await fill(bed, channel, "articles", 30_000)
    async with source_process(bed.environment) as first:
        await eventually(lambda: bed.chunk_reached(channel, "articles", 4000), within=30)
        await bed.put(channel, "partners", "P1", name="just before the kill")
        first.kill()
        await first.wait()
    reached = await bed.cee.fetchrow("select last_key, done from ceebus.snapshot where channel = $1 and kind = 'articles'", channel)
    assert reached is not None
    assert 0 < reached["done"] < 30_000
    before = len(await bed.kind_log(channel, "articles"))
    async with source_process(bed.environment):
        await eventually(lambda: bed.snapshots_done(channel), within=60)
        await eventually(lambda: bed.has_newest(channel, "partners", {"P1"}))
    log = await bed.kind_log(channel, "articles")
    assert len({record.key for record in log}) == 30_000
    assert len(log) - before <= 30_000 - reached["done"]  # nothing below the checkpoint was read again
    assert len(log) - 30_000 <= 2 * 2000  # what was on its way at the kill, at most
    await bed.versions_never_fall(channel, "articles")


async def test_second_process_does_not_publish_the_same_channel_but_takes_over(bed: Bed, channel: str) -> None:
    await bed.add_channel(channel)
    other = bed.environment | {"CEEBUS_SOURCE": "127.0.0.1:0"}
    async with source_process(bed.environment) as first:
        await eventually(lambda: bed.snapshots_done(channel), within=20)
        async with source_process(other):
            await eventually(lambda: _both(bed, channel), within=20)
            for number in range(50):
                await bed.put(channel, "partners", f"K{number}")
            await eventually(lambda: bed.has_newest(channel, "partners", {"K49"}))
            assert len(await bed.kind_log(channel, "partners")) == 50  # each once: the second one waits
            first.kill()
            await first.wait()
            await bed.put(channel, "partners", "after")
            await eventually(lambda: bed.has_newest(channel, "partners", {"after"}), within=20)


async def test_later_snapshot_removes_what_cee_has_no_more(bed: Bed, channel: str) -> None:
    """As after a loss of outbox rows: a change that nobody announced."""
    await bed.add_channel(channel)
    await fill(bed, channel, "partners", 10)
    async with source_task(bed.settings):
        await eventually(lambda: bed.snapshots_done(channel))
        await bed.cee.execute("alter table cee.object disable trigger note")
        await bed.remove(channel, "partners", "K3")
        await bed.put(channel, "partners", "K4", member=False)
        await bed.want(channel, "partners", "", "snapshot")
        await eventually(lambda: bed.is_newest(channel, "partners", "K3", None))
        await eventually(lambda: bed.nothing_wanted())
        newest = await bed.newest(channel, "partners")
    assert newest["K4"] is not None
    assert not newest["K4"]["member"]
    assert newest["K5"] is not None


async def test_republish_sends_the_state_or_the_removal_whatever_was_sent_before(bed: Bed, channel: str) -> None:
    await bed.add_channel(channel)
    await bed.put(channel, "partners", "K1", name="one")
    async with source_task(bed.settings):
        await eventually(lambda: bed.snapshots_done(channel))
        await bed.want(channel, "partners", "K1", "republish")
        await bed.want(channel, "partners", "never there", "republish")
        await eventually(lambda: bed.has_records(channel, "partners", 3))
        await eventually(lambda: bed.nothing_wanted())
    assert (await bed.newest(channel, "partners"))["never there"] is None
    await bed.versions_never_fall(channel, "partners")


async def test_what_is_wanted_of_the_writer_is_left_to_it(bed: Bed, channel: str) -> None:
    await bed.add_channel(channel)
    await bed.put(channel, "partners", "K1")
    async with source_task(bed.settings):
        await eventually(lambda: bed.snapshots_done(channel))
        await bed.want(channel, "import/partners", "7d1f6f3e-5b7a-4f46-9a53-0a55c5a3f0f1", "retry")
        await bed.want(channel, "partners", "K1", "republish")
        await eventually(lambda: bed.has_records(channel, "partners", 2))
    rows = await bed.ours.fetch("select kind, attempts from ceebus.wanted")
    assert [tuple(row) for row in rows] == [("import/partners", 0)]


async def test_republish_of_an_ingested_kind_repeats_its_newest_record(bed: Bed, channel: str) -> None:
    await bed.add_channel(channel)
    async with source_task(bed.settings):
        await bed.put(channel, "partners", "K1", name="one")
        await bed.put(channel, "partners", "K2", name="two")
        await eventually(lambda: bed.has_newest(channel, "partners", {"K1", "K2"}))
        await bed.ours.execute("insert into ceebus.channel_source values($1, 'partners', 'ingest')", channel)
        await bed.want(channel, "partners", "K1", "republish")
        await eventually(lambda: bed.has_records(channel, "partners", 3))
        await bed.want(channel, "partners", "", "snapshot")
        await eventually(lambda: bed.has_records(channel, "partners", 5))
    assert ((await bed.newest(channel, "partners"))["K1"] or {})["name"] == "one"
    await bed.versions_never_fall(channel, "partners")


async def test_removed_channel_leaves_a_tombstone(bed: Bed, channel: str) -> None:
    await bed.add_channel(channel)
    async with source_task(bed.settings):
        await eventually(lambda: bed.settings_are(channel, active=True))
        await bed.cee.execute("delete from cee.channel where id = $1", channel)
        await eventually(lambda: bed.settings_are(channel, active=None))


async def _both(bed: Bed, channel: str) -> bool:
    return await bed.processes_of(channel) == 2
