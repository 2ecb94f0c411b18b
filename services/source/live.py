"""Live changes of one channel: outbox -> views -> cee.*, the cursor after the acknowledgement."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from schemas.topics import KINDS
from services.kernel import metrics
from services.kernel.kafka import Outgoing
from services.kernel.postgres import Connection, Pool, Queries, Row
from services.source.outbox import Expansion, Position, Work, read_work
from services.source.pipeline import Fenced, Pipeline
from services.source.views import Views

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
IDLE_MOVE_S = 15.0
FEW = 200  # rows of the outbox: with more than that in one batch there is something to catch up with


@dataclass(slots=True)
class Cursor:
    """How far a channel has come in this process; `step` is what the stored row must still show."""

    position: Position
    step: int
    tick: date | None

    @classmethod
    def of(cls, row: Row) -> Cursor:
        left = tuple(Expansion(**one) for one in row["expand"] or ())
        return cls(Position(row["txid"], row["seq"], left), row["step"], row["tick"])


class Live:
    """Takes one batch at a time; `position` runs ahead of the stored cursor by what is on its way."""

    def __init__(self, channel: str, reader: Connection, books: Pool, views: Views, pipeline: Pipeline) -> None:
        self._channel, self._reader, self._books = channel, reader, books
        self._views, self._pipeline = views, pipeline
        self.held = False
        self.is_behind = False
        self._moved_at = time.monotonic()

    def at(self, cursor: Cursor) -> None:
        self.cursor, self._position = cursor, cursor.position

    async def step(self, kinds: Collection[str], publish_settings: Callable[[], Awaitable[None]]) -> bool:
        """Publishes the next batch of `kinds`; False when nothing was there. Raises outbox.Gap."""
        work = await read_work(self._reader, self._channel, self._position)
        self.held, self._position = work.held, work.position
        self.is_behind = work.rows > FEW or (work.alone and bool(work.position.left))
        if work.is_empty():
            metrics.OUTBOX_AGE.labels(self._channel).set(0)
            await self._move_idle()
            return False
        if self._channel in work.due.get("channels", {}):
            await publish_settings()  # before what depends on them
        oldest = min(at for due in work.due.values() for at in due.values()) if work.due else datetime.now(UTC)
        metrics.OUTBOX_AGE.labels(self._channel).set((datetime.now(UTC) - oldest).total_seconds())
        records = await self._records(work, kinds)
        position, removals = work.position, self._views.take_removals()

        async def settle() -> None:
            await self._views.settle_removals(self._books, removals)
            await self._settle(position)
            self._observe(work)

        await self._pipeline.put(records, settle)
        return True

    def _observe(self, work: Work) -> None:
        now = datetime.now(UTC)
        for kind, due in work.due.items():
            metrics.EVENT_AGE.labels("source", self._channel, kind).observe((now - min(due.values())).total_seconds())

    async def _records(self, work: Work, kinds: Collection[str]) -> list[Outgoing]:
        due = {kind: work.due[kind] for kind in KINDS if kind in work.due and kind in kinds}
        records: list[Outgoing] = []
        for kind, made in (await self._views.changed(due, lazily=True)).items() if due else ():
            metrics.RECORDS.labels("source", self._channel, kind, "published").inc(len(made))
            records += made
        return records

    async def _move_idle(self) -> None:
        """Other channels' rows were passed: the cursor follows now and then, so that they can be cleared."""
        if time.monotonic() - self._moved_at > IDLE_MOVE_S:
            await self._pipeline.drain()
            await self._settle(self._position)

    async def fenced(self, statement: str, *values: object) -> None:
        """A cursor's update in the reader's transaction. Raises Fenced."""
        self._check(await self._reader.execute(statement, self._channel, self.cursor.step, *values))

    async def _settle(self, position: Position) -> None:
        expand = [one.stored() for one in position.left] or None
        values = (position.txid, position.seq, expand)
        self._check(await self._books.execute(QUERIES.move_cursor, self._channel, self.cursor.step, *values))
        self.cursor.step += 1
        self._moved_at = time.monotonic()

    def _check(self, status: str) -> None:
        if status != "UPDATE 1":
            raise Fenced(f"the cursor of channel {self._channel} was moved by another process")
