"""Shares and waits in turns, for any lanes, weights and batches: the bounds that start-time fair queueing promises."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from services.kernel.turns import Turns

SECONDS = st.floats(0.02, 2.0)
LANES = st.lists(st.tuples(st.integers(1, 100), st.lists(SECONDS, min_size=1, max_size=8)), min_size=2, max_size=6)


@dataclass
class Bench:
    """A clock that only work moves, and who held the turn for how long in which order."""

    now: float = 0.0
    turns: Turns = field(init=False)
    served: list[tuple[int, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.turns = Turns(lambda: self.now)

    async def work(self, lane: int, weight: int, seconds: float) -> None:
        async with self.turns.turn(str(lane), weight, cost=seconds):
            self.now += seconds
            self.served.append((lane, seconds))
            await asyncio.sleep(0)


async def busy(bench: Bench, lane: int, weight: int, batches: list[float], until: float) -> None:
    """A lane that always has another batch, until the clock says `until`."""
    number = 0
    while bench.now < until:
        await bench.work(lane, weight, batches[number % len(batches)])
        number += 1


@settings(deadline=None)  # the machine's own pace says nothing here
@given(LANES, st.integers(1, 2))
def test_share_of_the_time_is_that_of_the_weight(lanes: list[tuple[int, list[float]]], tasks: int) -> None:
    """At every moment: the work of two lanes that never idle differs, per weight, by no more than a batch of each."""
    bench, end = Bench(), 12.0

    async def run() -> None:
        async with bench.turns.turn("start"):  # so that all of them wait when the first is chosen
            running = [
                asyncio.create_task(busy(bench, lane, weight, batches, end))
                for lane, (weight, batches) in enumerate(lanes)
                for _ in range(tasks)
            ]
            while bench.turns.waiting < len(running):
                await asyncio.sleep(0)
        await asyncio.gather(*running)

    asyncio.run(run())
    used: dict[int, float] = defaultdict(float)
    bound = [max(batches) / weight for weight, batches in lanes]
    passed = 0.0
    for lane, seconds in bench.served:
        passed += seconds
        if passed >= end:
            break
        used[lane] += seconds / lanes[lane][0]
        for one in range(len(lanes)):
            for other in range(one):
                assert abs(used[one] - used[other]) <= bound[one] + bound[other] + 0.001


@settings(deadline=None)
@given(LANES, st.lists(st.tuples(st.floats(0.1, 2.0), st.floats(0.0005, 0.01)), min_size=1, max_size=5))
def test_delta_waits_for_the_batch_at_work_and_no_more(lanes: list[tuple[int, list[float]]], deltas: list[tuple[float, float]]) -> None:
    """However many lanes are busy: a small batch of a lane that had nothing lately is the next one.

    Each comes from a lane of its own: what a lane has used counts for long where others of great weight wait beside it.
    """
    bench = Bench()

    async def delta() -> None:
        for number, (gap, seconds) in enumerate(deltas, 1):
            due = bench.now + gap
            while bench.now < due:
                await asyncio.sleep(0)
            before = len(bench.served)
            await bench.work(-number, 1, seconds)
            between = bench.served[before : bench.served.index((-number, seconds), before)]
            assert len(between) <= 1, (lanes, between)

    async def run() -> None:
        running = [asyncio.create_task(busy(bench, lane, weight, batches, 1e9)) for lane, (weight, batches) in enumerate(lanes)]
        try:
            await delta()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    asyncio.run(run())


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 100), SECONDS, st.integers(0, 6)), min_size=1, max_size=40))
def test_everybody_who_is_not_cancelled_gets_a_turn(asked: list[tuple[int, int, float, int]]) -> None:
    """Asked for and given up at any moment: nobody is passed over, and the turn is free in the end."""
    bench = Bench()

    async def run() -> None:
        running: list[tuple[asyncio.Task[None], bool]] = []
        for lane, weight, seconds, patience in asked:
            task = asyncio.create_task(bench.work(lane, weight, seconds))
            running.append((task, patience < 6))
            for _ in range(patience):
                await asyncio.sleep(0)
            if patience < 3:
                task.cancel()
        async with asyncio.timeout(5):
            await asyncio.gather(*[task for task, _ in running], return_exceptions=True)
        for (task, _), (_, _, _, patience) in zip(running, asked, strict=True):
            assert patience < 3 or not task.cancelled()
        async with asyncio.timeout(1):
            await bench.work(99, 1, 1.0)
        assert bench.turns.waiting == 0

    asyncio.run(run())
