"""Changes that make others due: their dependents come in pages, whole, and in nobody's way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.sandbox.stack import Stack
from services.source.outbox import MOST_LEFT, PAGE
from tests.source_bed import Bed, object_version, small_cee, source_task
from tests.stack import eventually

PARENT = "insert into ceebus.outbox(kind, key, scope) values('articles', $1, 'stock')"


@pytest.fixture
async def bed(stack: Stack, tmp_path: Path, channel: str) -> AsyncIterator[Bed]:
    async with small_cee(stack, tmp_path) as made:
        await made.add_channel(channel)
        yield made


async def stocked(bed: Bed, channel: str, article: str, count: int) -> None:
    """An article with `count` dependents; all of it in the first snapshot."""
    await bed.put(channel, "articles", article, name=article)
    keys = "$1 || '/M' || lpad(n::text, 5, '0')"
    await bed.cee.execute(
        f"insert into cee.object(channel, kind, key) select $2, 'availability', {keys} from generate_series(1, $3::int) n",
        article,
        channel,
        count,
    )
    await bed.cee.execute(
        f"insert into cee.dependent select 'articles', $1, 'stock', 'availability', {keys} from generate_series(1, $2::int) n",
        article,
        count,
    )


async def test_a_change_publishes_all_its_dependents_once(bed: Bed, channel: str) -> None:
    """Two equal changes in one batch are one."""
    await stocked(bed, channel, "A1", 5000)
    async with source_task(bed.settings):
        await eventually(lambda: bed.snapshots_done(channel), within=30)
        assert len(await bed.kind_log(channel, "availability")) == 5000
        async with bed.cee.acquire() as connection, connection.transaction():
            await connection.execute(PARENT, "A1")
            await connection.execute(PARENT, "A1")
        await eventually(lambda: bed.has_records(channel, "availability", 10_000), within=30)
        await bed.put(channel, "availability", "last")
        await eventually(lambda: bed.has_records(channel, "availability", 10_001), within=30)


async def test_a_change_with_many_dependents_holds_no_other_up(bed: Bed, channel: str) -> None:
    await stocked(bed, channel, "A1", 20 * PAGE)
    async with source_task(bed.settings):
        await eventually(lambda: bed.snapshots_done(channel), within=30)
    async with bed.cee.acquire() as connection, connection.transaction():
        await connection.execute(PARENT, "A1")
    await bed.put(channel, "partners", "K1", name="later")
    async with source_task(bed.settings):
        await eventually(lambda: bed.has_records(channel, "availability", 40 * PAGE), within=30)
    (later,) = await bed.kind_log(channel, "partners")
    of_dependents = [object_version(record) for record in await bed.kind_log(channel, "availability")]
    assert object_version(later) < max(of_dependents)
    assert len([version for version in of_dependents if version > object_version(later)]) == 19 * PAGE


async def test_what_is_left_of_many_changes_is_bounded_and_all_of_it_comes(bed: Bed, channel: str) -> None:
    articles = [f"A{n}" for n in range(2 * MOST_LEFT)]
    for article in articles:
        await stocked(bed, channel, article, PAGE + 1)
    due = len(articles) * (PAGE + 1)
    async with source_task(bed.settings):
        await eventually(lambda: bed.snapshots_done(channel), within=60)
    # more at a time would be refused, and the source could not go on
    await bed.cee.execute(f"alter table ceebus.source_cursor add check (jsonb_array_length(expand) <= {MOST_LEFT})")
    async with bed.cee.acquire() as connection, connection.transaction():
        await connection.executemany(PARENT, [(article,) for article in articles])
    async with source_task(bed.settings):
        await eventually(lambda: bed.has_records(channel, "availability", 2 * due), within=60)


async def test_what_was_left_goes_on_with_the_next_source(bed: Bed, channel: str) -> None:
    await stocked(bed, channel, "A1", 100)
    async with source_task(bed.settings):
        await eventually(lambda: bed.snapshots_done(channel), within=30)
    left = {"kind": "articles", "key": "A1", "scope": "stock", "after_kind": "availability", "after_key": "A1/M00070"}
    at = await bed.cee.fetchval("select clock_timestamp()")
    await bed.cee.execute(
        "update ceebus.source_cursor set expand = $2, step = step + 1 where channel = $1", channel, [left | {"at": at.isoformat()}]
    )
    async with source_task(bed.settings):
        await eventually(lambda: bed.has_records(channel, "availability", 130), within=30)
        again = {(record.key or b"").decode() for record in (await bed.kind_log(channel, "availability"))[-30:]}
        await eventually(lambda: nothing_left(bed, channel), within=10)
    assert len(again) == 30
    assert min(again) == "A1/M00071"


async def nothing_left(bed: Bed, channel: str) -> bool:
    return bool(await bed.cee.fetchval("select expand is null from ceebus.source_cursor where channel = $1", channel))
