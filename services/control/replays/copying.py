"""Copies export.<ch>.<kind> to replay.<ch>.<name>: a task of control that goes on at its checkpoint after any end.

A replay belongs to whoever holds its advisory lock, on the connection that writes the checkpoints: a process that lost it can't
move them. At least once: what was sent after the last checkpoint is sent again. The order of a key's records is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from uuid import UUID

from schemas import topics
from services.control.replays.rate import Rate
from services.control.replays.subscriber import SQL
from services.kernel import postgres
from services.kernel.kafka import DeliveryFailed, Outgoing, Partition, Producer, Record, Unreachable, partition_for, producer
from services.kernel.kafka_read import read_between
from services.kernel.logging import log
from services.kernel.postgres import Connection, ConnectionLost, DatabaseError, Pool
from services.kernel.settings import Settings

AT_ONCE = 2  # replays of one process; more would share the same loop anyway
BATCH = 500  # records between two checkpoints: what comes twice at most after a crash
LOOK_S = 1.0
FAILURES = 20  # in a row, with LOOK_S between them
Batch = Mapping[Partition, tuple[list[Record], int]]


@dataclass(frozen=True, slots=True)
class Copy:
    """A replay at work."""

    id: UUID
    channel: str
    target: str
    partitions: int
    rate: Rate
    batch: int


class Copying:
    """Looks for replays and copies them, at most AT_ONCE."""

    def __init__(self, settings: Settings, pool: Pool, client: str) -> None:
        self._settings, self._pool, self._client = settings, pool, f"{client}-replay"
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                try:
                    await self._look()
                except (*ConnectionLost, DatabaseError, TimeoutError) as error:
                    log.warning(str(error), action="replays_database_lost")
                await asyncio.sleep(LOOK_S)
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _look(self) -> None:
        self._tasks = {replay: task for replay, task in self._tasks.items() if not task.done()}
        for row in await self._pool.fetch(SQL.at_work):
            if len(self._tasks) < AT_ONCE and row["id"] not in self._tasks:
                self._tasks[row["id"]] = asyncio.create_task(self._own(row["id"]))

    async def _own(self, replay: UUID) -> None:
        """One attempt; another one follows while the replay is at work."""
        try:
            books = await postgres.connect(self._settings.database_url, application=self._client)
        except postgres.Unreachable as error:
            log.warning(str(error), action="replays_database_lost")
            return
        try:
            if await books.fetchval(SQL.lock, str(replay)):
                await self._attempt(replay, books)
        except (*ConnectionLost, DatabaseError, TimeoutError) as error:
            log.warning(f"{type(error).__name__}: {error}", action="replay_interrupted", replay=str(replay))
        finally:
            books.terminate()

    async def _attempt(self, replay: UUID, books: Connection) -> None:
        row = await books.fetchrow(SQL.one, replay)
        if row is None or row["state"] != "running":
            return
        target, rate = topics.replay(row["channel"], row["name"]), row["rate"]
        copy = Copy(replay, row["channel"], target, row["partitions"], Rate(rate), max(1, min(BATCH, rate)))
        log.info("replaying", action="replay_start", channel=copy.channel, topic=target, passed=row["passed"], total=row["total"])
        try:
            async with producer(self._settings.kafka, self._client) as out:
                for kind in row["kinds"]:
                    if not await self._copy(copy, kind, books, out):
                        return
        except Exception as error:
            counts = not isinstance(error, Unreachable | DeliveryFailed)  # an outage is waited out, whatever it lasts
            log.warning(f"{type(error).__name__}: {error}", action="replay_failed", channel=copy.channel, topic=target)
            await books.execute(SQL.failed, replay, f"{type(error).__name__}: {error}", int(counts), FAILURES)
            return
        await books.execute(SQL.complete, replay)
        log.info("replayed", action="replay_end", channel=copy.channel, topic=target)

    async def _copy(self, copy: Copy, kind: str, books: Connection, out: Producer) -> bool:
        """One kind after the other, so that parents come first; False when it was cancelled."""
        rows = [row for row in await books.fetch(SQL.places, copy.id) if row["topic"] == topics.export(copy.channel, kind)]
        left = {
            (row["topic"], row["topic_partition"]): (row["next_offset"], row["until_offset"])
            for row in rows
            if row["next_offset"] < row["until_offset"]
        }
        if not left:
            return True
        async with aclosing(read_between(self._settings.kafka, left, self._client, copy.batch)) as batches:
            async for batch in batches:
                records = copied(copy, kind, batch)
                await copy.rate.take(len(records))
                await out.send_all(records)
                if batch and not await books.fetch(SQL.checkpoint, copy.id, *_columns(batch), len(records)):
                    return False
        return True


def _columns(batch: Batch) -> tuple[list[str], list[int], list[int]]:
    return [topic for topic, _ in batch], [number for _, number in batch], [behind for _, behind in batch.values()]


def copied(copy: Copy, kind: str, batch: Batch) -> list[Outgoing]:
    """The records as they stand in the log, with headers that say where; the place by key, as there."""
    found = []
    for (topic, number), (records, _) in batch.items():
        for record in records:
            place = {"topic": topic, "partition": number, "offset": record.offset, "timestamp": record.timestamp}
            headers = [*record.headers, *((f"__ceebus.replay.{name}", str(value).encode()) for name, value in place.items())]
            key = record.key or b""
            decides = topics.partition_key(kind, key.decode(errors="surrogateescape")).encode(errors="surrogateescape")
            found.append(Outgoing(copy.target, partition_for(decides, copy.partitions), key, record.value, headers))
    return found
