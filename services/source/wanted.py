"""What others want from the source: rows `wanted` of our database. A key's state again, or a kind's whole state.

A row goes when its records are acknowledged; one that failed comes back later. Doing a row twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from schemas.topics import KINDS, cee
from services.kernel.logging import log
from services.kernel.postgres import Connection, Queries, Row
from services.source.again import newest_again
from services.source.pipeline import Pipeline
from services.source.publish import Records
from services.source.snapshot import open_snapshots
from services.source.surroundings import Surroundings
from services.source.views import Views

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
AT_ONCE = 500


class Wanted:
    """The wanted rows of one channel."""

    def __init__(self, channel: str, around: Surroundings, reader: Connection, records: Records, pipeline: Pipeline) -> None:
        self._channel, self._around, self._reader = channel, around, reader
        self._records, self._pipeline = records, pipeline
        self._views = Views(channel, reader, records, around.blobs)

    async def step(self, kinds: Collection[str]) -> bool:
        """Takes what is due; False when nothing was. `kinds` are those that come from views."""
        rows = await self._around.ours.fetch(QUERIES.take_wanted, self._channel, AT_ONCE)
        for action in ("snapshot", "republish"):
            for kind in KINDS:
                chosen = [row for row in rows if row["action"] == action and row["kind"] == kind]
                if chosen:
                    await self._do(action, kind, chosen, kind in kinds)
        strange = [row for row in rows if row["action"] not in ("snapshot", "republish") or row["kind"] not in KINDS]
        if strange:
            log.warning("wanted rows that nobody understands", action="wanted_unknown", channel=self._channel, count=len(strange))
            await self._settle(strange)
        return bool(rows)

    async def _do(self, action: str, kind: str, rows: Sequence[Row], has_view: bool) -> None:
        log.info("wanted", action="wanted", channel=self._channel, kind=kind, what=action, count=len(rows), reason=rows[0]["reason"])
        keys = [row["key"] for row in rows]
        if action == "snapshot" and has_view:
            await self._pipeline.drain()
            await open_snapshots(self._reader, self._channel, [kind], rows[0]["reason"] or "wanted")
            await self._settle(rows)
        elif has_view:
            records = await self._views.keys(kind, dict.fromkeys(keys), force=True)
            removals = self._views.take_removals()

            async def settle() -> None:
                await self._views.settle_removals(self._around.cee, removals)
                await self._settle(rows)

            await self._pipeline.put(records, settle)
        else:
            read = await self._views.draw()
            chosen = None if action == "snapshot" else keys
            async for batch in newest_again(self._around.settings.kafka, cee(self._channel, kind), chosen, self._records, read):
                await self._pipeline.put(batch, _nothing)
            await self._pipeline.drain()
            await self._settle(rows)

    async def _settle(self, rows: Sequence[Row]) -> None:
        await self._around.ours.execute(QUERIES.drop_wanted, [row["id"] for row in rows])


async def _nothing() -> None:
    """The rows go after the last batch."""
