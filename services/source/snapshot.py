"""Snapshots: a kind's whole state by chunks in key order, then the removal of what CEE has no more; resumable at each chunk.

One row of `ceebus.snapshot` a channel and kind says how far it is; chunks alternate with live changes in the channel's loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from schemas.topics import KINDS
from services.kernel import metrics
from services.kernel.kafka import Outgoing
from services.kernel.logging import log
from services.kernel.postgres import Connection, Pool, Queries, Row
from services.source.pipeline import Fenced, Pipeline
from services.source.publish import Errand
from services.source.views import PRICES, Chunk, Views, for_kind

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
CHUNK = {"sales-documents": 500, "attachments": 200}  # their rows are large
ROWS_A_CHUNK = 2000
CHUNKS_A_TURN = 3  # then live changes have theirs


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a kind's snapshot stands."""

    id: int
    kind: str
    state: str
    last_key: str | None
    done: int
    errand: Errand | None
    again: bool  # the kind was published before, so old prices may stand in the log

    @classmethod
    def of(cls, row: Row) -> Progress:
        errand = Errand(str(row["run"]), row["force"]) if row["run"] else None
        return cls(row["id"], row["kind"], row["state"], row["last_key"], row["done"], errand, row["again"])


async def open_snapshots(connection: Connection, channel: str, kinds: Sequence[str], reason: str, errand: Errand | None = None) -> None:
    """Asks for the kinds' whole state; one that is under way starts again, and stays that of its run."""
    about = (errand.run, errand.force) if errand else (None, False)
    await connection.execute(QUERIES.open_snapshots, channel, list(kinds), reason, *about)


class Snapshots:
    """The snapshots of one channel, one kind after the other in export order."""

    def __init__(self, channel: str, reader: Connection, books: Pool, views: Views, pipeline: Pipeline) -> None:
        self._channel, self._reader, self._books = channel, reader, books
        self._views, self._pipeline = views, pipeline
        self._now: Progress | None = None
        self._counting: asyncio.Task[None] | None = None
        self._look = True

    def look(self) -> None:
        """New ones were asked for; whatever is under way is read again from its row."""
        self._now, self._look = None, True

    async def step(self, kinds: Collection[str]) -> bool:
        """Sends the next chunk; False when no snapshot is open. Kinds outside `kinds` have no view and end at once."""
        if self._now is None and not await self._next():
            return False
        now = self._now
        assert now is not None
        if now.kind not in kinds:
            await self._move(now, replace(now, state="done"), [])
        elif now.state == "waiting":
            await self._reader.execute(QUERIES.begin_snapshot, now.id)
            await self._move(now, replace(now, state="rows"), [])
            self._counting = asyncio.create_task(self._count(now))
        elif now.state == "rows":
            await self._rows(now)
        else:
            await self._removals(now)
        return True

    async def _next(self) -> bool:
        if not self._look:
            return False
        await self._pipeline.drain()  # the row must show what was sent
        row = await self._reader.fetchrow(QUERIES.next_snapshot, self._channel, list(KINDS))
        self._now, self._look = (Progress.of(row), True) if row else (None, False)
        return row is not None

    async def _count(self, now: Progress) -> None:
        """Beside the reading, which it would hold up by a third: a progress bar is nothing to wait for."""
        try:
            total = await self._books.fetchval(for_kind(QUERIES.count_view, now.kind), self._channel)
            await self._books.execute(QUERIES.count_snapshot, now.id, total)
        except Exception as error:
            log.info("not counted", action="snapshot_not_counted", channel=self._channel, kind=now.kind, error=str(error))

    async def _rows(self, now: Progress) -> None:
        """A few chunks: while the records of one are made and sent, the next is read."""
        limit, ahead = CHUNK.get(now.kind, ROWS_A_CHUNK), self._ahead(now)
        reading = await self._views.begin_chunk(now.kind, now.last_key, limit, now.errand)
        try:
            for left in reversed(range(ahead)):
                chunk = await reading
                is_last = len(chunk.rows) < limit
                if left and not is_last:
                    reading = await self._views.begin_chunk(now.kind, chunk.last, limit, now.errand)
                now = await self._publish(now, chunk, is_last)
                if is_last:
                    return
        finally:
            await asyncio.gather(reading, return_exceptions=True)  # after a failed send too: the connection must be free again

    def _ahead(self, now: Progress) -> int:
        """How many chunks a turn takes. Where making the records reads on the same connection, nothing can be read meanwhile."""
        return 1 if now.kind == "attachments" or (now.again and now.kind == PRICES) else CHUNKS_A_TURN

    async def _publish(self, now: Progress, chunk: Chunk, is_last: bool) -> Progress:
        records = await self._views.records(chunk)
        if now.again and now.kind == PRICES and records:
            records = await self._views.vanished_prices(records) + records
        done = now.done + len(chunk.rows)
        then = replace(now, state="removals", last_key=None, done=done) if is_last else replace(now, last_key=chunk.last, done=done)
        await self._move(now, then, records)
        return then

    async def _removals(self, now: Progress) -> None:
        absent, last = await self._views.absent(now.kind, now.last_key, ROWS_A_CHUNK)
        # each is read once more right before its removal: it may have come back since
        records = await self._views.keys(now.kind, dict.fromkeys(absent), errand=now.errand) if absent else []
        await self._move(now, replace(now, state="done") if last is None else replace(now, last_key=last), records)

    async def _move(self, now: Progress, then: Progress, records: Sequence[Outgoing]) -> None:
        self._now, removals = then if then.state != "done" else None, self._views.take_removals()

        async def settle() -> None:
            await self._views.settle_removals(self._books, removals)
            await self._settle(now, then)

        await self._pipeline.put(records, settle)
        metrics.RECORDS.labels("source", self._channel, now.kind, "snapshot").inc(len(records))

    async def _settle(self, now: Progress, then: Progress) -> None:
        moved = await self._books.execute(QUERIES.move_snapshot, now.id, now.state, now.last_key, then.state, then.last_key, then.done)
        if moved != "UPDATE 1":
            raise Fenced(f"the snapshot of {self._channel} {now.kind} was moved by somebody else")
        if then.state == "done":
            log.info("snapshot done", action="snapshot_done", channel=self._channel, kind=now.kind, rows=then.done)
