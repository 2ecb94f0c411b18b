"""A demo device that follows the feed, and how long changes took from their commit in CEE to their commit on a device."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from services.sandbox.device.device import Device, Pulled
from services.sandbox.device.records import Applied


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
        """None when nothing arrived."""
        if not self.latencies_ms:
            return None
        ordered = sorted(self.latencies_ms)
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 1)


async def follow(device: Device, arrivals: Arrivals, stop: asyncio.Event) -> None:
    """Pulls whenever there is news; the time taken is that after the device's own commit."""
    seen = [_last(device.log())]

    def told(_: Pulled) -> None:
        now = time.time()
        applied = device.log(seen[0])
        for entry in applied:
            arrivals.arrived(entry.kind, entry.key, now)
        seen[0] = max(seen[0], _last(applied))

    await device.follow(stop, told)


def _last(log: Sequence[Applied]) -> int:
    return max((entry.seq for entry in log), default=0)
