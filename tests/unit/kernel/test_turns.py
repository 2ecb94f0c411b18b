"""Turns between lanes: who goes next, and what cancellations and failures leave behind. The clock is the test's own."""

from __future__ import annotations

import asyncio

import pytest

from services.kernel.turns import Turns


class Bench:
    """Turns with a clock that only work moves; `order` is who had a turn."""

    def __init__(self) -> None:
        self.now = 0.0
        self.order: list[str] = []
        self.turns = Turns(lambda: self.now)

    async def work(self, name: str, seconds: float, weight: int = 1, size: float = 0) -> None:
        async with self.turns.turn(name, weight, size):
            self.order.append(name)
            self.now += seconds
            await asyncio.sleep(0)

    def start(self, *work: tuple[str, float]) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(self.work(name, seconds)) for name, seconds in work]


async def until_waiting(turns: Turns, count: int) -> None:
    while turns.waiting != count:
        await asyncio.sleep(0)


async def test_turn_is_there_at_once_when_nobody_has_it() -> None:
    bench = Bench()
    await bench.work("A", 1)
    await bench.work("A", 1)
    assert (bench.order, bench.turns.waiting) == (["A", "A"], 0)


async def test_one_batch_is_at_work_at_a_time() -> None:
    turns, at_work, most = Turns(), 0, 0

    async def work(name: str) -> None:
        nonlocal at_work, most
        async with turns.turn(name):
            at_work += 1
            most = max(most, at_work)
            await asyncio.sleep(0)
            at_work -= 1

    await asyncio.gather(*[work(f"{n % 3}") for n in range(20)])
    assert (most, at_work) == (1, 0)


async def test_lane_with_little_history_goes_before_one_that_has_worked_long() -> None:
    bench = Bench()
    await asyncio.gather(*bench.start(("prices", 1), ("prices", 1), ("prices", 1), ("prices", 1), ("delta", 0.01)))
    assert bench.order == ["prices", "delta", "prices", "prices", "prices"]


async def test_smaller_batch_goes_first_among_lanes_that_have_used_the_same() -> None:
    bench = Bench()
    async with bench.turns.turn("at work"):
        big = [asyncio.create_task(bench.work(name, 1, 1, 2000)) for name in ("A", "B", "C")]
        small = asyncio.create_task(bench.work("delta", 0.01, 1, 3))
        await until_waiting(bench.turns, 4)
    await asyncio.gather(*big, small)
    assert bench.order == ["delta", "A", "B", "C"]


async def test_idle_lane_has_no_credit() -> None:
    """B was idle for eight of A's batches; from now on they share, it does not get eight of its own first."""
    bench = Bench()
    waiting = bench.start(*[("A", 10)] * 20)
    await asyncio.sleep(0)  # one of them has its turn, all others wait
    await until_waiting(bench.turns, 12)
    waiting += bench.start(*[("B", 10)] * 6)
    await asyncio.gather(*waiting)
    assert bench.order[:20] == [*["A"] * 8, *["B", "A"] * 6]


async def test_batches_of_a_lane_keep_their_order() -> None:
    bench, served = Bench(), []

    async def numbered(number: int) -> None:
        async with bench.turns.turn("A", 1, 100 - number):
            served.append(number)
            bench.now += 1

    await asyncio.gather(*[numbered(number) for number in range(10)])
    assert served == list(range(10))


async def test_cancelled_waiter_leaves_no_hole() -> None:
    bench = Bench()
    async with bench.turns.turn("at work"):
        first, given_up, last = bench.start(("A", 1), ("B", 1), ("C", 1))
        await until_waiting(bench.turns, 3)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        assert bench.turns.waiting == 2
    await asyncio.gather(first, last)
    assert bench.order == ["A", "C"]
    await bench.work("B", 1)


async def test_waiter_cancelled_as_its_turn_comes_passes_it_on() -> None:
    """In each of the rounds of the loop between the end of a turn and the work of the next."""
    for rounds in range(4):
        bench = Bench()
        async with bench.turns.turn("at work"):
            given_up, last = bench.start(("A", 1), ("B", 1))
            await until_waiting(bench.turns, 2)
        for _ in range(rounds):
            await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.gather(given_up, return_exceptions=True)
        async with asyncio.timeout(1):
            await last
        assert bench.order[-1] == "B"
        assert bench.turns.waiting == 0


async def test_failed_work_gives_its_turn_back_and_pays_for_it() -> None:
    bench = Bench()

    async def failing() -> None:
        async with bench.turns.turn("A"):
            bench.now += 5
            raise ValueError("bad batch")

    fails = asyncio.create_task(failing())
    rest = bench.start(("A", 1), ("B", 1))
    with pytest.raises(ValueError, match="bad batch"):
        await fails
    await asyncio.gather(*rest)
    assert bench.order == ["B", "A"]
