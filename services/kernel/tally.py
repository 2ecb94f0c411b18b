"""What became of the records of runs: `run_tally` counts them, `run_object` names those that are not plainly done (domain.md 6).

Called by feed and writer, each with the tables of its own database, inside the transaction of the effects: what is counted is
durable, and what is rolled back was not counted. Nothing is written where no record belongs to a run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from services.kernel.postgres import Queries

QUERIES = Queries(Path(__file__).with_name("tally.sql"))
LISTED = 10_000  # records of a run, kind, outcome and code that are named; the others are counted only
PLAINLY_DONE = frozenset({"sent", "applied", "removed", "unchanged"})
Place = tuple[UUID, str, str, str]  # (run, kind, outcome, code)


class Fetch(Protocol):
    """A query inside the caller's transaction."""

    def __call__(self, query: str, *values: Any) -> Awaitable[list[Any]]: ...


@dataclass(frozen=True, slots=True)
class Fate:
    """One record and what a run's report says of it. `params`: JSON that PostgreSQL can keep; read for what is named only."""

    run: UUID
    kind: str
    key: str
    outcome: str
    code: str = ""
    params: str = "{}"

    @property
    def place(self) -> Place:
        return self.run, self.kind, self.outcome, self.code


async def add(fetch: Fetch, fates: Sequence[Fate], plain: Mapping[Place, int] | None = None) -> None:
    """Counts them, and names those that are to be named. `plain`: further ones that are not, counted already."""
    if not fates and not plain:
        return
    counted = Counter(fate.place for fate in fates)
    counted.update(plain or {})
    rows = await fetch(QUERIES.count, *_columns([(*place, number) for place, number in counted.items()]))
    free = {}
    for row in rows:
        place = (row["run"], row["kind"], row["outcome"], row["code"])
        free[place] = LISTED - (row["records"] - counted[place])
    await _name(fetch, fates, free)


async def move(fetch: Fetch, moves: Sequence[tuple[Fate, Fate]]) -> None:
    """Records that had been counted as the first and have come to the second. A run whose figures are gone stays without."""
    if not moves:
        return
    left = Counter(before.place for before, _ in moves)
    rows = await fetch(QUERIES.uncount, *_columns([(*place, number) for place, number in left.items()]))
    kept = {(row["run"], row["kind"], row["outcome"], row["code"]) for row in rows}
    going = [(before, after) for before, after in moves if before.place in kept]
    if going:
        await fetch(QUERIES.unlist, *_columns([(before.run, before.kind, before.key, before.code) for before, _ in going]))
        await add(fetch, [after for _, after in going])


async def _name(fetch: Fetch, fates: Iterable[Fate], free: dict[Place, int]) -> None:
    named: dict[tuple[UUID, str, str, str], tuple[Any, ...]] = {}
    for fate in fates:
        if fate.outcome not in PLAINLY_DONE and free[fate.place] > 0:
            free[fate.place] -= 1
            named[fate.run, fate.kind, fate.key, fate.code] = (*fate.place[:2], fate.key, *fate.place[2:], fate.params)
    if named:
        await fetch(QUERIES.list, *_columns(list(named.values())))


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    """Rows as arrays for unnest; there is at least one."""
    return [list(column) for column in zip(*rows, strict=True)]
