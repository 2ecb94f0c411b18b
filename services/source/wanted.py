"""What others want from the source: rows `wanted` of our database. A key's state again, or a kind's whole state.

A row goes when its records are acknowledged; one that failed comes back later. Doing a row twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas.topics import KINDS, cee
from services.kernel.logging import log
from services.kernel.postgres import Connection, Queries, Row
from services.source.again import newest_again
from services.source.pipeline import Pipeline
from services.source.publish import Errand, Records
from services.source.snapshot import open_snapshots
from services.source.surroundings import Surroundings
from services.source.views import Views

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
AT_ONCE = 500
ACTIONS = ("cancel", "resume", "snapshot", "republish")


@dataclass(frozen=True, slots=True)
class Task:
    """Rows of one kind and run that want the same; `has_view`: the kind can be read from CEE."""

    kind: str
    rows: Sequence[Row]
    errand: Errand | None
    has_view: bool


class Wanted:
    """The wanted rows of one channel."""

    def __init__(self, channel: str, around: Surroundings, reader: Connection, records: Records, pipeline: Pipeline) -> None:
        self._channel, self._around, self._reader = channel, around, reader
        self._records, self._pipeline = records, pipeline
        self._views = Views(channel, reader, records, around.blobs)

    async def step(self, kinds: Collection[str]) -> bool:
        """Takes what is due; False when nothing was. `kinds` are those that come from views."""
        rows = await self._around.ours.fetch(QUERIES.take_wanted, self._channel, AT_ONCE)
        for action in ACTIONS:
            for kind in KINDS:
                for errand, chosen in _by_errand(row for row in rows if row["action"] == action and row["kind"] == kind):
                    await self._do(action, Task(kind, chosen, errand, kind in kinds))
        strange = [row for row in rows if row["action"] not in ACTIONS or row["kind"] not in KINDS]
        if strange:
            log.warning("wanted rows that nobody understands", action="wanted_unknown", channel=self._channel, count=len(strange))
            await self._settle(strange)
        return bool(rows)

    async def _do(self, action: str, task: Task) -> None:
        rows, kind = task.rows, task.kind
        log.info("wanted", action="wanted", channel=self._channel, kind=kind, what=action, count=len(rows), reason=rows[0]["reason"])
        if action in ("cancel", "resume"):
            await self._steer(action, task)
        elif action == "snapshot" and task.has_view:
            await self._pipeline.drain()
            await open_snapshots(self._reader, self._channel, [kind], rows[0]["reason"] or "wanted", task.errand)
            await self._settle(rows)
        elif task.has_view:
            await self._republish(task)
        else:
            read = await self._views.draw(task.errand)
            chosen = None if action == "snapshot" else [row["key"] for row in rows]
            async for batch in newest_again(self._around.settings.kafka, cee(self._channel, kind), chosen, self._records, read):
                await self._pipeline.put(batch, _nothing)
            await self._pipeline.drain()
            await self._settle(rows)

    async def _republish(self, task: Task) -> None:
        records = await self._views.keys(task.kind, dict.fromkeys(row["key"] for row in task.rows), force=True, errand=task.errand)
        removals = self._views.take_removals()

        async def settle() -> None:
            await self._views.settle_removals(self._around.cee, removals)
            await self._settle(task.rows)

        await self._pipeline.put(records, settle)

    async def _steer(self, action: str, task: Task) -> None:
        """A run's snapshots end, or go on where they were."""
        await self._pipeline.drain()
        if task.errand is not None:
            about = (task.errand.run,) if action == "cancel" else (task.errand.run, self._channel, [task.kind])
            await self._reader.execute(QUERIES.cancel_run if action == "cancel" else QUERIES.resume_run, *about)
        await self._settle(task.rows)

    async def _settle(self, rows: Sequence[Row]) -> None:
        await self._around.ours.execute(QUERIES.drop_wanted, [row["id"] for row in rows])


def _by_errand(rows: Iterable[Row]) -> Iterable[tuple[Errand | None, list[Row]]]:
    found: dict[Errand | None, list[Row]] = {}
    for row in rows:
        found.setdefault(Errand(str(row["run"]), row["force"]) if row["run"] else None, []).append(row)
    return found.items()


async def _nothing() -> None:
    """The rows go after the last batch."""
