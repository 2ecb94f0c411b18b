"""What time alone makes due: late records are healed, markers are forgotten after ninety days and devices learn of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.feed import housekeeping
from services.feed.housekeeping import KEEP_MARKERS, forget, heal, show_figures
from services.feed.store import Store
from services.kernel import metrics
from tests.integration.feed_bed import Bed, feed_bed
from tests.stack import Databases

AT_ONCE = timedelta(0)


@pytest.fixture
async def bed(databases: Databases, channel: str) -> AsyncIterator[Bed]:
    async with feed_bed(databases.ours, channel) as made:
        yield made


@pytest.fixture
async def store(databases: Databases) -> AsyncIterator[Store]:
    made = await Store.open(databases.ours)
    yield made
    await made.close()


async def wanted(bed: Bed) -> list[tuple[Any, ...]]:
    return [(row["kind"], row["key"], row["action"]) for row in await bed.rows("wanted")]


async def test_a_late_record_that_stays_the_newest_of_its_key_is_wanted_once(bed: Bed, store: Store) -> None:
    """T37's other side: what a woken zombie published after its successor must not stay the log's last word."""
    new, late = bed.log.unit("szt", 9), bed.log.unit("szt", 5)
    await bed.apply(new, bed.log.unit("kg", 9))
    await bed.apply(late)
    assert await heal(store, timedelta(seconds=30)) == 0, "the newest record may still come"
    assert await heal(store, AT_ONCE) == 1
    await bed.apply(bed.log.unit("szt", 6))
    await heal(store, AT_ONCE)
    assert await wanted(bed) == [("master-data", "units/szt", "republish")]


async def test_a_late_record_behind_a_waiting_one_is_wanted_too(bed: Bed, store: Store) -> None:
    """Nobody has seen it yet, but a new subscriber reads the log's last word all the same."""
    new, late = bed.log.article("A1", 9), bed.log.article("A1", 5)
    await bed.apply(new)
    await bed.apply(late)
    assert [row["objectversion"] for row in await bed.rows("waiting")] == [9]
    await heal(store, AT_ONCE)
    assert await wanted(bed) == [("articles", "A1", "republish")]


async def test_redeliveries_and_replays_want_nothing(bed: Bed, store: Store) -> None:
    first, second = bed.log.unit("szt", 1), bed.log.upsert("master-data", "units/szt", 2, dictionary="units", text="b")
    await bed.apply(first)
    await bed.apply(second)
    await bed.apply(replace(first, offset=0))
    assert await bed.rows("stale") == [], "the same record again"
    await bed.apply(replace(first, offset=2))
    await bed.apply(replace(second, offset=3))
    assert len(await bed.rows("stale")) == 1
    assert await heal(store, AT_ONCE) == 0, "a replay brought the newest one again"
    assert await wanted(bed) == await bed.rows("stale") == []


async def test_old_markers_are_forgotten_and_old_cursors_know(bed: Bed, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "CHUNK", 2)
    for code in ("a", "b", "c", "d"):
        await bed.apply(bed.log.upsert("master-data", f"units/{code}", 1, ["R1"], dictionary="units"))
    for code in ("a", "b", "c"):
        await bed.apply(bed.log.delete("master-data", f"units/{code}", 2))
    await bed.apply(bed.log.upsert("master-data", "units/d", 2, ["R2"], dictionary="units"), bed.log.delete("master-data", "units/e", 1))
    assert await forget(store, KEEP_MARKERS) == 0
    await bed.ours.execute("update ceebus.feed set at = now() - interval '91 days' where key in ('units/a', 'units/b', 'units/e')")
    await bed.ours.execute("update ceebus.feed set left_at = now() - interval '91 days' where key = 'units/d'")
    assert await forget(store, KEEP_MARKERS) == 4
    assert [row["key"] for row in await bed.rows("feed")] == ["units/c", "units/d"]
    assert (await bed.row("master-data", "units/d"))["left_audience"] is None
    assert await bed.ours.fetchval("select oldest from ceebus.feed_position where channel = $1", bed.channel) == 8


async def test_waiting_and_parked_records_are_figures(bed: Bed, store: Store) -> None:
    await bed.apply(bed.log.article("A1"), bed.log.outcome("articles", "A2", 1, "quarantined", "field_missing"))
    await show_figures(store)
    assert metrics.WAITING.labels(bed.channel, "articles")._value.get() == 1
    assert metrics.PARKED.labels(bed.channel, "articles")._value.get() == 1
