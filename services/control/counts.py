"""Counts that cost something, asked for often: each is taken again only after a rest in proportion to what all of them cost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

Answer = TypeVar("Answer")

REST = 20.0  # counts that take a second together are taken every twenty seconds at most: they cost a twentieth of a core


@dataclass(frozen=True, slots=True)
class Counted(Generic[Answer]):
    """A count and when it was taken."""

    value: Answer
    at: datetime
    cost_s: float


class Counts:
    """Answers of counting queries by name; whoever asks while one is being taken gets the same one."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[Hashable, tuple[float, Counted[Any]]] = {}
        self._costs: dict[Hashable, float] = {}
        self._running: dict[Hashable, asyncio.Task[Counted[Any]]] = {}

    async def get(self, name: Hashable, count: Callable[[], Awaitable[Answer]], fresh: bool = False) -> Counted[Answer]:
        """The count, taken now if `fresh` or the last one has rested; raises what `count` raises."""
        known = self._known.get(name)
        if known is not None and not fresh and self._clock() < known[0]:
            return known[1]
        running = self._running.get(name)
        if running is None or fresh:
            running = asyncio.ensure_future(self._take(name, count))
            self._running[name] = running
            running.add_done_callback(lambda done: self._running.pop(name) if self._running.get(name) is done else None)
        return await asyncio.shield(running)

    async def _take(self, name: Hashable, count: Callable[[], Awaitable[Answer]]) -> Counted[Answer]:
        began = self._clock()
        at = datetime.now(UTC)
        value = await count()
        cost = self._clock() - began
        counted = Counted(value, at, cost)
        self._costs[name] = cost
        self._known[name] = (self._clock() + REST * sum(self._costs.values()), counted)
        return counted
