"""The steps of an export run, kind by kind: ask the source, have the exporter read to the bound, wait for the feed (design.md 6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from schemas import topics
from services.control.cee import SQL as CEE_SQL
from services.control.cee import Cee
from services.control.runs.ask import SQL
from services.control.runs.book import Book, KindOf, Offsets, Standing
from services.control.runs.since import seeks_of
from services.kernel.kafka_logs import Logs

FEED = "feed"


class ExportSteps:
    """Called again and again until every kind is done; each call takes every step that can be taken now."""

    def __init__(self, book: Book, logs: Logs, cee: Cee) -> None:
        self._book, self._run, self._logs, self._cee = book, book.run, logs, cee

    async def turn(self, kinds: Sequence[KindOf]) -> bool:
        """Whether every kind is done. Later kinds are not read before the earlier ones have reached their bound (domain.md 7.1).

        Raises CeeAway, kafka.Unreachable: nothing is lost by coming back.
        """
        await self._ask([of for of in kinds if of.phase == "pending"])
        ahead = True
        for of in kinds:
            if of.phase == "ask" and ahead and await self._is_asked(of):
                await self._read(of)
            if of.phase == "read" and await self._is_read(of):
                await self._deliver(of)
            if of.phase == "deliver" and await self._is_delivered(of):
                await self._book.finish(of)
                of.phase = "done"
            ahead = ahead and of.phase in ("deliver", "done")
        return all(of.phase == "done" for of in kinds)

    async def _ask(self, kinds: Sequence[KindOf]) -> None:
        """All kinds are asked for at once: the source takes them in their order."""
        if not kinds:
            return
        run = self._run
        standings = [await self._book.standing(of.kind) for of in kinds]
        ends = await self._logs.ends([run.topic(of.kind) for of in kinds])
        whole = run.since == "anytime" and run.keys is None
        had = {row["kind"] for row in await self._cee.fetch(CEE_SQL.run_snapshots, run.id)} if whole else set()
        async with self._book.pool.acquire() as connection, connection.transaction():
            for of, standing in zip(kinds, standings, strict=True):
                of.before, of.bounds = standing.markers, {n: offset for (topic, n), offset in ends.items() if topic == run.topic(of.kind)}
                if run.keys is not None:
                    await connection.execute(SQL.want_keys, run.channel, of.kind, list(run.keys), run.id, run.force)
                elif whole:
                    action = "resume" if of.kind in had else "snapshot"
                    await connection.execute(SQL.want_whole, run.channel, [of.kind], action, run.id, run.force)
                elif run.since == "last-transfer":
                    await connection.execute(SQL.want_due, run.channel, of.kind, run.id, run.force)
                await self._book.begin(of.kind, "ask", standing, of.bounds, connection)
            await connection.execute("select pg_notify('ceebus_wanted', $1)", run.channel)
        for of in kinds:
            of.phase = "ask"

    async def _is_asked(self, of: KindOf) -> bool:
        """The source has published what was asked of it."""
        if await self._book.still_wanted(of.kind):
            return False
        if self._run.since != "anytime" or self._run.keys is not None:
            return True
        rows = [row for row in await self._cee.fetch(CEE_SQL.run_snapshots, self._run.id) if row["kind"] == of.kind]
        return all(row["state"] == "done" for row in rows)  # none: its source is ingest, and all of it was published again

    async def _read(self, of: KindOf) -> None:
        run, before, standing = self._run, of.bounds, await self._book.standing(of.kind)
        order: Mapping[str, Any] | None = {}
        bounds = await self._ends(of.kind) if run.since in ("anytime", "last-transfer") or run.keys is not None else before
        if run.keys is not None:
            order = None if run.is_live else {"seeks": before, "own": True}
        elif run.since in ("timestamp", "offset"):
            seeks = await seeks_of(run, of.kind, self._logs)
            order = {"seeks": seeks} if any(seeks[n] < bounds.get(n, 0) for n in seeks) else None
        elif standing.covers(bounds) or (run.since == "anytime" and run.is_live):
            order = None  # nothing is before the lane, or what is carries the run's name already
        if order is None and not run.is_live:  # nobody will read on: what the markers cover is all there is to wait for
            bounds = {n: min(offset, standing.markers.get(n, 0)) for n, offset in bounds.items()}
        of.seq = await self._book.read(of.kind, bounds, standing, order)
        of.bounds, of.phase = bounds, "read"

    async def _ends(self, kind: str) -> Offsets:
        return {number: offset for (_, number), offset in (await self._logs.ends([self._run.topic(kind)])).items()}

    async def _is_read(self, of: KindOf) -> bool:
        standing: Standing = await self._book.standing(of.kind)
        return standing.has_done(of.seq, list(of.bounds)) if of.seq is not None else standing.covers(of.bounds)

    async def _deliver(self, of: KindOf) -> None:
        """What the exporter has sent by now is what the feed has to take."""
        of.deliver = await self._logs.ends([topics.export(self._run.channel, of.kind), topics.outcomes(self._run.channel)])
        await self._book.deliver(of.kind, of.deliver)
        of.phase = "deliver"

    async def _is_delivered(self, of: KindOf) -> bool:
        rows = await self._book.pool.fetch(SQL.reached, FEED, sorted({topic for topic, _ in of.deliver}))
        reached = {(row["topic"], row["topic_partition"]): row["next_offset"] for row in rows}
        return all(reached.get(partition, 0) >= offset for partition, offset in of.deliver.items())
