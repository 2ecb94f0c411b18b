"""The feed: export.*, outcomes.* and results.* of every channel -> what devices pull, the ledger, what is due. Always on."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from schemas import topics
from schemas.channel import Channel
from services.feed.batch import FeedBatch
from services.feed.housekeeping import keep_house
from services.feed.marks import FeedMarks
from services.feed.parents_first import ParentsFirst
from services.feed.release import Releaser
from services.kernel.channels import ChannelFollower
from services.kernel.kafka_admin import ensure_topics
from services.kernel.kafka_groups import take_out
from services.kernel.kafka_logs import Logs
from services.kernel.lane import Lane
from services.kernel.logging import log
from services.kernel.postgres import pool
from services.kernel.role import run
from services.kernel.settings import Settings

GROUP = "ceebus.feed"


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Runs until `stop`. Raises what made the lane fail: the process must end, the offset rows say where the next one goes on."""
    client = f"ceebus-feed-{settings.instance}"
    async with (
        pool(settings.database_url, size=1, application=client) as database,
        ChannelFollower(settings.kafka, client) as channels,
        Logs(settings.kafka, f"{client}-logs") as logs,
    ):
        marks, releaser = FeedMarks(database), Releaser(settings.database_url)
        work = FeedBatch(settings.database_url, marks, releaser.wake, partial(max_attempts, channels))
        beside = [asyncio.create_task(releaser.run()), asyncio.create_task(keep_house(settings.database_url))]
        lane: Lane | None = None
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                seen = channels.changes
                read = await _topics(settings, channels)
                if lane is None and read:
                    member = f"feed-{settings.instance}"
                    await take_out(settings.kafka, GROUP, member)
                    consumer = ParentsFirst(settings.kafka, GROUP, client, member, marks.next_offset, asked=logs.bounds)
                    lane = Lane("feed", consumer, read, marks, work, together=lambda partition: topics.parse(partition[0])[1])
                    await lane.start()
                elif lane is not None and read != lane.topics:
                    log.info("channels have changed", action="feed_follow", topics=len(read))
                    lane.follow(read)
                await _next_event(channels, seen, lane, beside, stopping)
        finally:
            stopping.cancel()
            if lane is not None:
                await lane.stop()
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await work.close()


def max_attempts(channels: ChannelFollower, channel: str) -> int:
    """Of a channel that CEE has no more: the default."""
    found = channels.channels.get(channel)
    return found.max_attempts if found else Channel.model_fields["max_attempts"].default


async def _topics(settings: Settings, channels: ChannelFollower) -> list[str]:
    """Every channel's, active or not: what was published before a channel became inactive is still delivered."""
    specs = [spec for channel in sorted(channels.channels) for spec in topics.declared(channel)]
    if specs:
        await ensure_topics(settings.kafka, specs)
    return [spec.name for spec in specs if spec.name.startswith(("export.", "outcomes.", "results."))]


async def _next_event(
    channels: ChannelFollower, seen: int, lane: Lane | None, beside: list[asyncio.Task[None]], stopping: asyncio.Task[bool]
) -> None:
    """Returns when channels changed or the role is to stop; raises what ended the lane or a task beside it."""
    change = asyncio.create_task(channels.changed(seen))
    watched: list[asyncio.Future[Any]] = [*beside, *([lane.failed] if lane is not None else [])]
    await asyncio.wait([*watched, change, stopping], return_when=asyncio.FIRST_COMPLETED)
    change.cancel()
    for future in watched:
        if future.done():
            future.result()


if __name__ == "__main__":
    run("feed", serve)
