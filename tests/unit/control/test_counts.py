"""Costly counts are taken seldom, never twice at a time, and anew when asked for."""

from __future__ import annotations

import asyncio

import pytest

from services.control.counts import REST, Counts


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_count_rests_in_proportion_to_its_cost() -> None:
    clock, taken = Clock(), 0
    counts = Counts(clock)

    async def count() -> int:
        nonlocal taken
        taken += 1
        clock.now += 2.0  # what it costs
        return taken

    assert (await counts.get("x", count)).value == 1
    clock.now += 2 * REST - 0.1
    assert (await counts.get("x", count)).value == 1
    clock.now += 0.2
    assert (await counts.get("x", count)).value == 2
    assert (await counts.get("x", count, fresh=True)).value == 3
    assert (await counts.get("other", count)).value == 4
    clock.now += 4 * REST - 0.1  # the other one costs the same: together they take no greater share than one alone
    assert (await counts.get("other", count)).value == 4
    clock.now += 0.2
    assert (await counts.get("other", count)).value == 5


async def test_those_who_ask_meanwhile_get_the_count_that_is_being_taken() -> None:
    counts, begun, taken = Counts(Clock()), asyncio.Event(), 0

    async def count() -> int:
        nonlocal taken
        taken += 1
        await begun.wait()
        return taken

    asked = [asyncio.create_task(counts.get("x", count)) for _ in range(5)]
    await asyncio.sleep(0)
    begun.set()
    assert {(await one).value for one in asked} == {1}


async def test_count_that_failed_is_taken_again() -> None:
    counts, answers = Counts(Clock()), iter([ValueError("away"), 7])

    async def count() -> int:
        answer = next(answers)
        if isinstance(answer, ValueError):
            raise answer
        return answer

    with pytest.raises(ValueError, match="away"):
        await counts.get("x", count)
    assert (await counts.get("x", count)).value == 7


async def test_one_who_stops_asking_does_not_stop_the_others() -> None:
    counts, begun = Counts(Clock()), asyncio.Event()

    async def count() -> int:
        await begun.wait()
        return 1

    gone, stays = asyncio.create_task(counts.get("x", count)), asyncio.create_task(counts.get("x", count))
    await asyncio.sleep(0)
    gone.cancel()
    begun.set()
    assert (await stays).value == 1
