"""Snapshots: a kind's whole state by chunks in key order, then the removal of what CEE has no more; resumable at each chunk.

One row of `ceebus.snapshot` a channel and kind says how far it is; chunks alternate with live changes in the channel's loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
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
CHUNKS_A_TURN = 20  # then live changes have theirs, or as soon as one is announced
COUNTED_AFTER_S = 5.0  # counting costs CEE a third of what reading does: what is read within seconds is not counted


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
    fresh: bool  # nothing of it was there when this began, so nothing can have gone since without a change event

    @classmethod
    def of(cls, row: Row) -> Progress:
        errand = Errand(str(row["run"]), row["force"]) if row["run"] else None
        return cls(row["id"], row["kind"], row["state"], row["last_key"], row["done"], errand, row["again"], row["fresh"])


async def open_snapshots(connection: Connection, channel: str, kinds: Sequence[str], reason: str, errand: Errand | None = None) -> None:
    """Asks for the kinds' whole state; one that is under way starts again, and stays that of its run."""
    about = (errand.run, errand.force) if errand else (None, False)
    await connection.execute(QUERIES.open_snapshots, channel, list(kinds), reason, *about)


class Snapshots:
    """The snapshots of one channel, one kind after the other in export order."""

    def __init__(self, reader: Connection, books: Pool, views: Views, pipeline: Pipeline, is_called: Callable[[], bool]) -> None:
        """`is_called`: whether something else waits for its turn."""
        self._channel, self._reader, self._books = views.channel, reader, books
        self._views, self._pipeline, self._is_called = views, pipeline, is_called
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
            fresh = await self._reader.fetchval(QUERIES.begin_snapshot, now.id)
            await self._move(now, replace(now, state="rows", fresh=fresh), [])
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
        """Beside the reading: a progress bar is nothing to wait for."""
        try:
            await asyncio.sleep(COUNTED_AFTER_S)
            total = await self._books.fetchval(for_kind(QUERIES.count_view, now.kind), self._channel)
            await self._books.execute(QUERIES.count_snapshot, now.id, total)
        except Exception as error:
            log.info("not counted", action="snapshot_not_counted", channel=self._channel, kind=now.kind, error=str(error))

    async def _rows(self, now: Progress) -> None:
        """Some chunks: while the records of one are made and sent, the next is read."""
        limit, most = CHUNK.get(now.kind, ROWS_A_CHUNK), self._most(now)
        reading = await self._views.begin_chunk(now.kind, now.last_key, limit, now.errand)
        try:
            for left in reversed(range(most)):
                chunk = await reading
                is_last = len(chunk.rows) < limit
                goes_on = left > 0 and not is_last and not self._is_called()
                if goes_on:
                    reading = await self._views.begin_chunk(now.kind, chunk.last, limit, now.errand)
                now = await self._publish(now, chunk, is_last)
                if not goes_on:
                    return
        finally:
            await asyncio.gather(reading, return_exceptions=True)  # after a failed send too: the connection must be free again

    def _most(self, now: Progress) -> int:
        """How many chunks a turn takes at most. Where making the records reads on the same connection, nothing can be read meanwhile."""
        return 1 if now.kind == "attachments" or (now.again and now.kind == PRICES) else CHUNKS_A_TURN

    async def _publish(self, now: Progress, chunk: Chunk, is_last: bool) -> Progress:
        if is_last and self._counting is not None:
            self._counting.cancel()
        records = await self._views.records(chunk)
        if now.again and now.kind == PRICES and records:
            records = await self._views.vanished_prices(records) + records
        done = now.done + len(chunk.rows)
        end = replace(now, state="done" if now.fresh else "removals", last_key=None, done=done)
        then = end if is_last else replace(now, last_key=chunk.last, done=done)
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
