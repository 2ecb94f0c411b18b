"""Weighted turns between the lanes of one process, so that a long export does not keep another channel's changes waiting.

Start-time fair queueing (Goyal, Vin, Cheng 1996): a turn carries the work done before it, the wait is decided by that, and
who was idle comes in at the present and not at a credit. One turn at a time, of one batch; costs are measured, not guessed.
Used by the roles that judge and write batches.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

SHARED_S = 1.0  # for so long after its last turn a lane counts as one that may come again any moment
_LEAST_S = 0.0001  # so that even work too short to be measured makes room for the others in the end


@dataclass(slots=True)
class _Waiter:
    floor: float  # virtual time at which it came
    cost: float
    number: int
    granted: asyncio.Future[None]


@dataclass(slots=True)
class _Lane:
    finish: float = 0.0  # virtual time: what it has used, in seconds per weight
    waiting: deque[_Waiter] = field(default_factory=deque)

    def has_waiting(self) -> bool:
        """Whether somebody waits; who was cancelled does not."""
        while self.waiting and self.waiting[0].granted.cancelled():
            self.waiting.popleft()
        return bool(self.waiting)

    def rank(self) -> tuple[float, float, int]:
        """Of its first waiter: who has used least goes first, of equals the smaller batch, then who came first."""
        first = self.waiting[0]
        return max(first.floor, self.finish), first.cost, first.number


class Turns:
    """Turns of one process; of one event loop. `clock`: seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lanes: dict[str, _Lane] = {}
        self._now = 0.0  # virtual time: the start of the turn at work
        self._numbers = 0
        self._worked: dict[str, float] = {}  # when a lane's last turn ended
        self._taken = False

    @asynccontextmanager
    async def turn(self, name: str, weight: int = 1, cost: float = 0.0) -> AsyncIterator[None]:
        """Waits for the lane's turn, and holds it until the block ends; how long that took is what the lane pays.

        While several lanes wait, each gets a share of the time in the ratio of its weight (1 and up). A lane's tasks may ask for
        several batches at once; they are served in order. `cost`: size of the batch, in one unit for all lanes; it only decides
        between lanes that have used the same.
        """
        await self._wait(name, cost)
        began = self._clock()
        try:
            yield
        finally:
            self._worked[name] = self._clock()
            self._lanes[name].finish = self._now + max(self._worked[name] - began, _LEAST_S) / weight
            self._pass_on()

    def is_shared(self, name: str) -> bool:
        """Whether other lanes wait or have had turns just now: then long turns would keep them waiting."""
        since = self._clock() - SHARED_S
        self._worked = {other: at for other, at in self._worked.items() if at > since}
        return bool(self._worked.keys() - {name}) or any(lane.has_waiting() for other, lane in self._lanes.items() if other != name)

    @property
    def waiting(self) -> int:
        """Batches that wait for their turn."""
        return sum(not waiter.granted.cancelled() for lane in self._lanes.values() for waiter in lane.waiting)

    async def _wait(self, name: str, cost: float) -> None:
        lane = self._lanes.setdefault(name, _Lane())
        if not self._taken:
            self._taken = True
            self._now = max(self._now, lane.finish)
            return
        self._numbers += 1
        waiter = _Waiter(self._now, cost, self._numbers, asyncio.get_running_loop().create_future())
        lane.waiting.append(waiter)
        try:
            await waiter.granted
        except asyncio.CancelledError:
            if not waiter.granted.cancelled():
                self._pass_on()  # its turn had just come
            raise

    def _pass_on(self) -> None:
        """In the loop's next round: whoever goes straight on to its next batch is among those to choose from."""
        asyncio.get_running_loop().call_soon(self._grant)

    def _grant(self) -> None:
        ready = [lane for lane in self._lanes.values() if lane.has_waiting()]
        if not ready:
            # nobody wants anything: what was used before is forgotten, all are equal again
            self._now = max([self._now, *(lane.finish for lane in self._lanes.values())])
            self._lanes.clear()
            self._taken = False
            return
        chosen = min(ready, key=_Lane.rank)
        self._now = chosen.rank()[0]
        chosen.waiting.popleft().granted.set_result(None)
        for name in [name for name, lane in self._lanes.items() if not lane.waiting and lane.finish <= self._now and lane is not chosen]:
            del self._lanes[name]
