"""The scheduler asks for runs in time: each moment once, whoever else is there, whatever was missed meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.topics import KINDS
from services.control.schedules.scheduler import LONGEST_S
from services.kernel.postgres import pool
from tests.integration.schedule_bed import NIGHT, Bed, KnownChannels
from tests.stack import Databases, eventually


@pytest.fixture
async def bed(databases: Databases, channel: str) -> AsyncIterator[Bed]:
    async with pool(databases.ours, size=10) as ours:
        await ours.execute("delete from ceebus.schedule")
        yield Bed(ours, databases.ours, channel, KnownChannels([channel]))


async def test_due_schedule_asks_for_its_run_and_is_due_at_its_next_moment(bed: Bed) -> None:
    name = await bed.add()
    assert await bed.scheduler().serve_due() == LONGEST_S
    row = await bed.row(name)
    run = await bed.pool.fetchrow("select * from ceebus.run where id = $1", row["last_run"])
    assert (run["schedule"], run["asked_by"], run["state"], run["channel"]) == (name, "schedule", "waiting", bed.channel)
    assert (row["last_outcome"], row["last_at"]) == ("asked", NIGHT)
    assert row["next_at"] == NIGHT + timedelta(hours=25)  # 22:00 again, the night being an hour longer


async def test_nothing_is_asked_for_before_its_time(bed: Bed) -> None:
    name = await bed.add()
    bed.now = NIGHT - timedelta(seconds=7)
    assert await bed.scheduler().serve_due() == 7.0
    assert await bed.runs(name) == 0


async def test_repeated_hour_gets_each_of_its_runs(bed: Bed) -> None:
    """Every half hour over the change of the clock; earlier runs are settled before the next is due."""
    name = await bed.add(every=30, next_at=NIGHT + timedelta(hours=3))
    scheduler, served = bed.scheduler(), []
    for step in range(0, 14 * 60, 10):
        bed.now = NIGHT + timedelta(minutes=step)
        await scheduler.serve_due()
        served += await bed.pool.fetch(
            "update ceebus.run set state = 'completed' where schedule = $1 and state = 'waiting' returning id", name
        )
    assert len(served) == 2 * 14 - 2 * 3


async def test_two_processes_start_each_run_once(bed: Bed) -> None:
    """Nine schedules due at once, of a kind each, and four loops."""
    names = [await bed.add(kind) for kind in KINDS]
    for name, kind in zip(names, KINDS, strict=True):
        await bed.pool.execute("update ceebus.schedule set kinds = array[$2] where name = $1", name, kind)
    await asyncio.gather(*[bed.scheduler().serve_due() for _ in range(4)])
    assert [await bed.runs(name) for name in names] == [1] * len(KINDS)
    assert {(await bed.row(name))["next_at"] for name in names} == {NIGHT + timedelta(hours=25)}


async def test_schedule_in_another_process_hands_is_passed_over(bed: Bed) -> None:
    held, free = await bed.add("a"), await bed.add("b", every=30)
    async with bed.pool.acquire() as other, other.transaction():
        await other.execute("select 1 from ceebus.schedule where name = $1 for update", held)
        assert await bed.scheduler().serve_due() < 1
        assert (await bed.row(free))["last_outcome"] == "asked"
    assert (await bed.row(held))["last_outcome"] is None
    await bed.scheduler().serve_due()
    assert (await bed.row(held))["last_outcome"] == "asked"


@pytest.mark.parametrize(("missed", "outcome", "runs"), [("skip", "missed", 0), ("once", "asked", 1)])
async def test_what_was_due_while_nobody_was_there(bed: Bed, missed: str, outcome: str, runs: int) -> None:
    """Three nights without control."""
    name = await bed.add(missed=missed)
    bed.now = NIGHT + timedelta(days=3, hours=5)
    await bed.scheduler().serve_due()
    row = await bed.row(name)
    assert (row["last_outcome"], await bed.runs(name)) == (outcome, runs)
    assert row["next_at"] == NIGHT + timedelta(days=4, hours=1)


async def test_last_of_many_missed_moments_counts_where_it_is_just_due(bed: Bed) -> None:
    name = await bed.add(cron="*/10 * * * *")
    bed.now = NIGHT + timedelta(hours=2, seconds=30)
    await bed.scheduler().serve_due()
    assert ((await bed.row(name))["last_outcome"], await bed.runs(name)) == ("asked", 1)


async def test_missed_run_waits_for_its_window(bed: Bed) -> None:
    night = (datetime(2026, 1, 1, 22).time(), datetime(2026, 1, 1, 5).time())
    name = await bed.add(cron="0 23 * * SAT", window=night, missed="once", next_at=NIGHT + timedelta(hours=1))
    bed.now = NIGHT + timedelta(hours=12)
    await bed.scheduler().serve_due()
    assert ((await bed.row(name))["next_at"], await bed.runs(name)) == (NIGHT + timedelta(hours=25), 0)
    bed.now = NIGHT + timedelta(hours=25)
    await bed.scheduler().serve_due()
    row = await bed.row(name)
    assert (row["last_outcome"], row["next_at"]) == ("asked", NIGHT + timedelta(days=7, hours=2))


async def test_refused_run_is_noted_once_and_the_others_go_on(bed: Bed) -> None:
    await bed.pool.execute("insert into ceebus.queue(name) values($1)", f"q{bed.channel}")
    stranger, good = await bed.add("a", channel="?"), await bed.add("c", every=30)
    elsewhere = await bed.add("b", queue=f"q{bed.channel}")
    await bed.scheduler().serve_due()
    found = {name: await bed.row(name) for name in (stranger, elsewhere, good)}
    assert [row["last_outcome"] for row in found.values()] == ["channel_unknown", "queue_refused", "asked"]
    assert found[elsewhere]["last_detail"]
    assert all(row["next_at"] > bed.now for row in found.values())


async def test_inactive_channel_is_noted_and_not_tried_again_before_the_next_moment(bed: Bed) -> None:
    name = await bed.add()
    bed.channels.active = False
    await bed.scheduler().serve_due()
    row = await bed.row(name)
    assert (row["last_outcome"], row["next_at"]) == ("channel_inactive", NIGHT + timedelta(hours=25))
    bed.channels.active = True
    assert await bed.scheduler().serve_due() == LONGEST_S
    assert await bed.runs(name) == 0


async def test_nothing_is_judged_before_the_channels_are_known(bed: Bed) -> None:
    name = await bed.add()
    bed.channels.problem = "Kafka has not answered"
    await bed.scheduler().serve_due()
    assert (await bed.row(name))["next_at"] == NIGHT
    bed.channels.problem = None
    await bed.scheduler().serve_due()
    assert (await bed.row(name))["last_outcome"] == "asked"


async def test_stored_nonsense_stops_itself_only(bed: Bed) -> None:
    broken, good = await bed.add("a", cron="nonsense"), await bed.add("b", every=30)
    await bed.scheduler().serve_due()
    row = await bed.row(broken)
    assert (row["last_outcome"], row["next_at"]) == ("schedule_invalid", None)
    assert (await bed.row(good))["last_outcome"] == "asked"


async def test_loop_wakes_in_time_for_what_was_added_meanwhile_and_sleeps_between(bed: Bed) -> None:
    """With the real clock: it hears of the schedule, and looks a handful of times until it is due, not all the time."""

    def clock() -> datetime:
        bed.looks += 1
        return datetime.now(UTC)

    running = asyncio.create_task(bed.scheduler(clock).run())
    try:
        due = datetime.now(UTC) + timedelta(seconds=2)
        name = await bed.add(next_at=due)
        await bed.pool.execute("select pg_notify('ceebus_schedule', '')")
        row = await eventually(lambda: asked(bed, name), within=10)
        assert due <= row["last_at"]
        assert bed.looks <= 12
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def asked(bed: Bed, name: str) -> Any:
    row = await bed.row(name)
    return row if row["last_outcome"] == "asked" else None
