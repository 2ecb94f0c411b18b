"""The steps of an import run, kind by kind: have what waits judged again, have the importer read to the bound, wait for the writer
and for the answers to reach the feed (design.md 6). Read again, uploads are recognised: nothing is imported twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemas import topics
from services.control.cee import SQL as CEE_SQL
from services.control.cee import Cee
from services.control.runs.ask import SQL
from services.control.runs.book import Book, KindOf, Offsets
from services.control.runs.since import seeks_of
from services.kernel.kafka import Partition
from services.kernel.kafka_logs import Logs

PREFIX = "import/"  # before the kind of wishes to the writer


class ImportSteps:
    """As ExportSteps: called again and again until every kind is done."""

    def __init__(self, book: Book, logs: Logs, cee: Cee) -> None:
        self._book, self._run, self._logs, self._cee = book, book.run, logs, cee

    async def turn(self, kinds: Sequence[KindOf]) -> bool:
        """Whether every kind is done. Raises CeeAway, kafka.Unreachable."""
        ahead = True
        for of in kinds:
            if of.phase == "pending":
                await self._ask(of)
            if of.phase == "ask" and ahead and not await self._book.still_wanted(PREFIX + of.kind):
                await self._read(of)
            if of.phase == "read" and await self._is_read(of):
                of.deliver = await self._logs.ends([topics.importing(self._run.channel, of.kind)])
                await self._book.deliver(of.kind, of.deliver)
                of.phase = "deliver"
            if of.phase == "deliver" and await self._is_delivered(of):
                await self._book.finish(of)
                of.phase = "done"
            ahead = ahead and of.phase == "done"  # a document is judged when its partner has been
        return all(of.phase == "done" for of in kinds)

    async def _ask(self, of: KindOf) -> None:
        run = self._run
        standing = await self._book.standing(of.kind)
        of.before, of.bounds = standing.markers, await self._ends(of.kind)
        if run.since in ("last-transfer", "anytime") or run.keys is not None:
            await self._book.pool.execute(SQL.want_uploads, run.channel, of.kind, run.id, run.keys)
        await self._book.begin(of.kind, "ask", standing, of.bounds)
        of.phase = "ask"

    async def _read(self, of: KindOf) -> None:
        run, standing, bounds = self._run, await self._book.standing(of.kind), of.bounds
        order: dict[str, Any] | None = {}
        if run.keys is not None or run.since != "last-transfer":
            seeks = await seeks_of(run, of.kind, self._logs)
            order = {"seeks": seeks} if any(at < bounds.get(n, 0) for n, at in seeks.items()) else None
            if order is not None and run.keys is not None:
                order["keys"] = list(run.keys)
        elif standing.covers(bounds):
            order = None
        if order is None and not run.is_live:
            bounds = {n: min(offset, standing.markers.get(n, 0)) for n, offset in bounds.items()}
        of.seq = await self._book.read(of.kind, bounds, standing, order)
        of.bounds, of.phase = bounds, "read"

    async def _ends(self, kind: str) -> Offsets:
        return {number: offset for (_, number), offset in (await self._logs.ends([self._run.topic(kind)])).items()}

    async def _is_read(self, of: KindOf) -> bool:
        standing = await self._book.standing(of.kind)
        return standing.has_done(of.seq, list(of.bounds)) if of.seq is not None else standing.covers(of.bounds)

    async def _is_delivered(self, of: KindOf) -> bool:
        """First the writer, then its answers: these are sent after its commit, and reach their senders by the feed."""
        results = topics.results(self._run.channel)
        if any(topic == results for topic, _ in of.deliver):
            return self._covers(await self._book.pool.fetch(SQL.reached, "feed", [results]), of)
        rows = await self._cee.fetch(CEE_SQL.writer_offsets, [topics.importing(self._run.channel, of.kind)])
        if not self._covers(rows, of) or (await self._cee.fetch(CEE_SQL.unsent_answers, self._run.channel))[0]["count"]:
            return False
        of.deliver = await self._logs.ends([results])
        await self._book.deliver(of.kind, of.deliver)
        return await self._is_delivered(of)

    def _covers(self, rows: Sequence[Any], of: KindOf) -> bool:
        reached: dict[Partition, int] = {(row["topic"], row["topic_partition"]): row["next_offset"] for row in rows}
        return all(reached.get(partition, 0) >= offset for partition, offset in of.deliver.items())
