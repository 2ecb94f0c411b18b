"""A demo device that follows the feed: how long changes took from CEE to it, and uploads from it to their answers and back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from services.sandbox.demo.times import Times
from services.sandbox.device.device import Device, Pulled
from services.sandbox.device.records import Applied
from services.sandbox.device.uploads import Sent
from services.sandbox.reps.rep import Place, Rep, place_of

Found = TypeVar("Found")


class NoAnswer(Exception):
    """What the device waited for did not come in time; the text says what it was."""


class Arrivals:
    """Commits in CEE by (kind, key), and when a device first had something of that key afterwards."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], list[float]] = {}
        self.latencies_ms: list[float] = []

    def committed(self, kind: str, key: str, at: float) -> None:
        self._waiting.setdefault((kind, key), []).append(at)

    def arrived(self, kind: str, key: str, at: float) -> None:
        for committed in self._waiting.pop((kind, key), ()):
            self.latencies_ms.append((at - committed) * 1000)

    def percentile(self, share: float) -> float | None:
        return Times(tuple(self.latencies_ms)).percentile(share)


class Phone:
    """A device, the rep who carries it, and what its pulls brought. `round_trips_ms`: upload sent -> final answer committed here."""

    def __init__(self, device: Device, arrivals: Arrivals) -> None:
        self.device, self.rep, self._arrivals = device, Rep(device), arrivals
        self.round_trips_ms: list[float] = []
        self.untimed: set[Place] = set()  # what waits for somebody's decision says nothing of the way there and back
        self._answered: set[Place] = set()
        self._pulled = asyncio.Event()
        self._seen = _last(device.log())

    async def follow(self, stop: asyncio.Event) -> None:
        """Pulls whenever there is news; the time taken is that after the device's own commit."""
        await self.device.follow(stop, self._told)

    async def until(self, found: Callable[[], Found | None], what: str, within: float = 30) -> Found:
        """What `found` finds, looked for after each pull. Raises NoAnswer."""
        try:
            async with asyncio.timeout(within):
                while True:
                    self._pulled.clear()
                    if answer := found():
                        return answer
                    await self._pulled.wait()
        except TimeoutError:
            raise NoAnswer(f"not so on the device within {within:.0f} s: {what}") from None

    def upload(self, source_id: str, outcome: str, code: str | None = None) -> Sent | None:
        """The newest upload of an object of which this has become; None: none yet."""
        found = (one for one in reversed(self.device.uploads.all()) if (one.source_id, one.outcome) == (source_id, outcome))
        return next((one for one in found if code in (None, one.code)), None)

    def _told(self, _: Pulled) -> None:
        now = time.time()
        applied = self.device.log(self._seen)
        for entry in applied:
            self._arrivals.arrived(entry.kind, entry.key, now)
        self._seen = max(self._seen, _last(applied))
        for upload in self.device.uploads.all():
            place = place_of(upload)
            if upload.state == "final" and place not in self._answered:
                self._answered.add(place)
                if place in self.rep.sent and place not in self.untimed:
                    self.round_trips_ms.append((now - self.rep.sent[place]) * 1000)
        self._pulled.set()


async def follow(device: Device, arrivals: Arrivals, stop: asyncio.Event) -> None:
    """A device that only follows."""
    await Phone(device, arrivals).follow(stop)


def _last(log: Sequence[Applied]) -> int:
    return max((entry.seq for entry in log), default=0)
