"""The flood guard: a lane that refuses nearly everything holds, so that a bad release does not empty a topic (faults.md 1).

Pure: fed by exporter and importer through a `Judged` callback, asked by whoever can hold the lane.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

LIMIT = 0.9  # of the last WINDOW records
WINDOW = 5000  # a channel whose first snapshot is smaller never trips it

Judged = Callable[[str, int, int], None]  # (channel, refused, total) of a batch, when all that was said about it is durable


class Flood:
    """The last records of one lane. Batches are counted whole, so it looks at `window` records or up to a batch more."""

    def __init__(self, limit: float = LIMIT, window: int = WINDOW) -> None:
        """`limit`: share of refused records, 0 to 1, from which on it trips; `window`: records it takes at least."""
        self._limit, self._window = limit, window
        self._batches: deque[tuple[int, int]] = deque()
        self._refused = self._total = 0

    def count(self, refused: int, total: int) -> bool:
        """Adds a batch; True while `limit` of the last `window` records were refused, never before there were so many."""
        self._batches.append((refused, total))
        self._refused += refused
        self._total += total
        while self._total - self._batches[0][1] >= self._window:
            old_refused, old_total = self._batches.popleft()
            self._refused -= old_refused
            self._total -= old_total
        return self._total >= self._window and self._refused >= self._limit * self._total

    def clear(self) -> None:
        """Begins anew: the operator who releases the lane gives the next `window` records a chance."""
        self._batches.clear()
        self._refused = self._total = 0


def is_refusal(outcome: str, code: str) -> bool:
    """Whether an outcome speaks against a release: what waits for a parent or is filtered does not, a handler that fails does."""
    return outcome in ("rejected", "quarantined") or code == "delivery_failed"


def unheard(channel: str, refused: int, total: int) -> None:
    """A `Judged` for lanes that nobody guards."""


class FloodGuard:
    """A `Judged` that holds a lane through which nearly nothing comes: a bad release must not empty a topic (faults.md 1)."""

    def __init__(self, hold: Callable[[str, str], None], limit: float = LIMIT, window: int = WINDOW) -> None:
        """`hold(channel, reason)`: steering's."""
        self._hold, self._limit, self._window = hold, limit, window
        self._floods: dict[str, Flood] = {}

    def __call__(self, channel: str, refused: int, total: int) -> None:
        flood = self._floods.setdefault(channel, Flood(self._limit, self._window))
        if flood.count(refused, total):
            flood.clear()
            share, window = f"{self._limit:.0%}", f"{self._window:,}"
            self._hold(channel, f"{share} of the last {window} records were refused; look at `ceebus due list {channel}`, then release")
