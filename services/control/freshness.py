"""`ceebus_freshness_seconds`: how old the oldest change is that is not on the feed yet, or not on every device. A task of control.

A part that does not answer leaves its figures out. Looking costs at most a twentieth of a core, however much is behind.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from schemas.topics import KINDS
from services.control.counts import REST
from services.control.known import Channels
from services.control.lateness import FeedLateness, Oldest, device_lateness
from services.kernel import metrics
from services.kernel.logging import log
from services.kernel.postgres import Pool
from services.kernel.unbroken import unbroken

EVERY_S = 5.0


class Freshness:
    """Looks every few seconds at all active channels; `now_ms` is the clock."""

    def __init__(self, channels: Channels, feed: FeedLateness, pool: Pool, now_ms: Callable[[], float]) -> None:
        self._channels, self._feed, self._pool, self._now_ms = channels, feed, pool, now_ms

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            began = time.monotonic()
            await unbroken(self.look())
            await asyncio.sleep(max(EVERY_S, REST * (time.monotonic() - began)))

    async def look(self) -> None:
        """Sets the gauges."""
        channels = self._channels.transferring()
        feed = await self._tried(self._feed.oldest(channels, self._now_ms())) if channels else {}
        devices = await self._tried(device_lateness(self._pool, channels)) if channels else {}
        now_ms = self._now_ms()
        metrics.FRESHNESS.clear()
        for channel in channels if feed is not None else ():
            for kind, (on_feed, on_devices) in ages(channel, feed or {}, devices, now_ms).items():
                metrics.FRESHNESS.labels(channel, kind, "feed").set(on_feed)
                if on_devices is not None:
                    metrics.FRESHNESS.labels(channel, kind, "device").set(on_devices)

    async def _tried(self, asked: Awaitable[Oldest]) -> Oldest | None:
        try:
            return await asked
        except Exception as error:  # whatever is wrong with a part, the other figures go on, and these come back
            log.warning(f"{type(error).__name__}: {error}", action="freshness_unknown")
            return None


def ages(channel: str, feed: Oldest, devices: Oldest | None, now_ms: float) -> Mapping[str, tuple[float, float | None]]:
    """Seconds by kind: to the feed, to the devices. What is not on the feed is on no device; without active devices nothing is late."""
    found: dict[str, tuple[float, float | None]] = {}
    for kind in KINDS:
        on_feed = _age(feed.get(channel, {}).get(kind), now_ms)
        found[kind] = (on_feed, None if devices is None else device_age(on_feed, devices.get(channel), kind, now_ms))
    return found


def device_age(on_feed: float, devices: Mapping[str, float] | None, kind: str, now_ms: float) -> float:
    """Seconds; `devices` None: the channel has no active one."""
    return 0.0 if devices is None else max(on_feed, _age(devices.get(kind), now_ms))


def _age(at_ms: float | None, now_ms: float) -> float:
    return 0.0 if at_ms is None else max(now_ms - at_ms, 0.0) / 1000
