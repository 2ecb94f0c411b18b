"""One lane per active channel of this process's queue, started and stopped as channels and what is wanted of them change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from services.kernel.channels import ChannelFollower
from services.kernel.lane import Lane
from services.kernel.logging import log
from services.kernel.steering import Steering


async def keep_lanes(follower: ChannelFollower, steering: Steering, queue: str, make: Callable[[str], Lane], stop: asyncio.Event) -> None:
    """Runs `make(channel)` for every active channel of the queue until `stop`. Raises what made a lane fail: the process must end."""
    lanes: dict[str, Lane] = {}
    changed = asyncio.Event()

    def wake() -> None:
        changed.set()
        for lane in lanes.values():
            lane.wake.set()

    steering.on_change(wake)
    beside: list[asyncio.Task[Any]] = [asyncio.create_task(steering.run()), asyncio.create_task(stop.wait())]
    try:
        ready = asyncio.create_task(steering.ready.wait())
        await asyncio.wait([ready, *beside], return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        while not stop.is_set():
            changed.clear()
            seen = follower.changes
            wanted = {c for c in follower.active() if steering.of(c).queue == queue and not steering.of(c).detached}
            await _match(lanes, wanted, make)
            await _next_event(follower, seen, changed, [*beside, *[lane.failed for lane in lanes.values()]])
    finally:
        steering.off_change(wake)
        for task in beside:
            task.cancel()
        await asyncio.gather(*[lane.stop() for lane in lanes.values()], return_exceptions=True)


async def _next_event(follower: ChannelFollower, seen: int, changed: asyncio.Event, watched: list[asyncio.Future[Any]]) -> None:
    """Returns when channels or what is wanted of them changed; raises what ended a lane or the steering."""
    changes = [asyncio.create_task(follower.changed(seen)), asyncio.create_task(changed.wait())]
    await asyncio.wait([*changes, *watched], return_when=asyncio.FIRST_COMPLETED)
    for change in changes:
        change.cancel()
    for future in watched:
        if future.done():
            future.result()


async def _match(lanes: dict[str, Lane], wanted: set[str], make: Callable[[str], Lane]) -> None:
    for channel in set(lanes) - wanted:
        log.info("channel is not transferred here, its lane ends", action="lane_end", channel=channel)
        lane = lanes.pop(channel)
        lane.leaving = True
        await lane.stop()
    for channel in sorted(wanted - set(lanes)):
        log.info("channel is transferred here, its lane starts", action="lane_start", channel=channel)
        lane = make(channel)
        await lane.start()
        lanes[channel] = lane
