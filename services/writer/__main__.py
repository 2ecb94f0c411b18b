"""The writer: import.* of every active channel -> CEE, and what became of each upload -> results.<ch>. Always on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

from schemas import topics
from services.kernel.blobs import BlobStore
from services.kernel.channels import ChannelFollower
from services.kernel.kafka import Partition, Record, producer
from services.kernel.kafka_admin import ensure_topics
from services.kernel.kafka_consumer import Consumer
from services.kernel.kafka_groups import take_out
from services.kernel.kafka_logs import Logs
from services.kernel.lane import Lane
from services.kernel.logging import log
from services.kernel.postgres import pool
from services.kernel.role import run
from services.kernel.settings import Settings
from services.writer.batch import WriterBatch
from services.writer.housekeeping import keep_house
from services.writer.marks import WriterMarks
from services.writer.release import Releaser
from services.writer.results import ResultSender
from services.writer.store import RANK
from services.writer.target.files import Files
from services.writer.target.reference import ReferenceCee

GROUP = "ceebus.writer"


class _PartnersFirst(Consumer):
    """What is fetched together is handed over in the order of kinds: a child before its parent would wait, and its sender be told so."""

    async def fetch(self, max_records: int, timeout_ms: int = 200, among: Sequence[Partition] = ()) -> dict[Partition, list[Record]]:
        fetched = await super().fetch(max_records, timeout_ms, among)
        return dict(sorted(fetched.items(), key=lambda item: RANK.get(topics.parse(item[0][0])[2], len(RANK))))


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Runs until `stop`. Raises what made the lane fail: the process must end, the offset rows say where the next one goes on."""
    client, url = f"ceebus-writer-{settings.instance}", settings.cee_database_url
    async with AsyncExitStack() as opened:
        cee = await opened.enter_async_context(pool(url, size=2, application=client))
        ours = await opened.enter_async_context(pool(settings.database_url, size=2, application=client))
        out = await opened.enter_async_context(producer(settings.kafka, client))
        channels = await opened.enter_async_context(ChannelFollower(settings.kafka, client))
        logs = await opened.enter_async_context(Logs(settings.kafka, f"{client}-logs"))
        target = ReferenceCee(Files(BlobStore(settings.blobs), ours))
        sender, marks = ResultSender(url, settings.kafka, out), WriterMarks(cee)
        releaser = Releaser(url, ours, channels, target, sender.wake)
        work = WriterBatch(url, channels, target, marks, releaser.committed)
        opened.callback(work.close)
        beside = [asyncio.create_task(task) for task in (sender.run(), releaser.run(), keep_house(cee))]

        def lane(read: Sequence[str]) -> Lane:
            consumer = _PartnersFirst(settings.kafka, GROUP, client, member_of(settings), asked=logs.bounds)
            return Lane("writer", consumer, read, marks, work)

        try:
            await _follow(settings, channels, lane, beside, stop)
        finally:
            for done in beside:
                done.cancel()
            await asyncio.gather(*beside, return_exceptions=True)


def member_of(settings: Settings) -> str:
    """The static member that this process is in its group."""
    return f"writer-{settings.instance}"


async def _follow(
    settings: Settings,
    channels: ChannelFollower,
    make: Callable[[Sequence[str]], Lane],
    beside: Sequence[asyncio.Task[None]],
    stop: asyncio.Event,
) -> None:
    """One lane over the active channels, for as long as there are any. Raises what ended it or a task beside it."""
    lane: Lane | None = None
    stopping = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            seen = channels.changes
            read = await _topics(settings, channels)
            if lane is not None and not read:
                await lane.stop()
                lane = None
            elif lane is None and read:
                await take_out(settings.kafka, GROUP, member_of(settings))
                lane = make(read)
                await lane.start()
            elif lane is not None and read != lane.topics:
                log.info("channels have changed", action="writer_follow", topics=len(read))
                lane.follow(read)
            await _next_event(channels, seen, lane, beside, stopping)
    finally:
        stopping.cancel()
        if lane is not None:
            await lane.stop()


async def _topics(settings: Settings, channels: ChannelFollower) -> list[str]:
    """Of active channels only: nothing reaches CEE of one that is inactive, it lies in the log until it is active again."""
    specs = [spec for channel in channels.active() for spec in topics.declared(channel)]
    if specs:
        await ensure_topics(settings.kafka, specs)
    return [spec.name for spec in specs if spec.name.startswith("import.")]


async def _next_event(
    channels: ChannelFollower, seen: int, lane: Lane | None, beside: Sequence[asyncio.Task[None]], stopping: asyncio.Task[bool]
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
    run("writer", serve)
