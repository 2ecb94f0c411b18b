"""One lane per active channel, started and stopped as CEE activates and deactivates channels."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from services.kernel.channels import ChannelFollower
from services.kernel.lane import Lane
from services.kernel.logging import log


async def keep_lanes(follower: ChannelFollower, make: Callable[[str], Lane], stop: asyncio.Event) -> None:
    """Runs `make(channel)` for every active channel until `stop`. Raises what made a lane fail: the process must end."""
    lanes: dict[str, Lane] = {}
    stopping = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            seen = follower.changes
            await _match(lanes, set(follower.active()), make)
            change = asyncio.create_task(follower.changed(seen))
            events: set[asyncio.Future[Any]] = {change, stopping, *[lane.failed for lane in lanes.values()]}
            await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)
            change.cancel()
            for lane in lanes.values():
                if lane.failed.done():
                    lane.failed.result()
    finally:
        stopping.cancel()
        await asyncio.gather(*[lane.stop() for lane in lanes.values()], return_exceptions=True)


async def _match(lanes: dict[str, Lane], wanted: set[str], make: Callable[[str], Lane]) -> None:
    for channel in set(lanes) - wanted:
        log.info("channel is inactive, its lane ends", action="lane_end", channel=channel)
        await lanes.pop(channel).stop()
    for channel in sorted(wanted - set(lanes)):
        log.info("channel is active, its lane starts", action="lane_start", channel=channel)
        lane = make(channel)
        await lane.start()
        lanes[channel] = lane
