"""The outbox, read in an order that no open transaction can still change, and expanded to what its rows make due.

A row counts only below the oldest open transaction: a lower sequence number may commit later (T37).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from services.kernel.postgres import Connection, Queries, Row

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
BATCH_ROWS = 2000
PAGE = 2000
TOGETHER = 50  # scoped rows expanded in one statement: all of them are expanded before the page is cut


class Gap(Exception):
    """Rows behind the cursor were deleted: what changed can't be said any more."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """What is left of the dependents of the outbox row the cursor stands on."""

    kind: str
    key: str
    scope: str
    after_kind: str
    after_key: str
    at: str

    def stored(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Position:
    """Everything up to (txid, seq) is taken, except what `expand` still names."""

    txid: int
    seq: int
    expand: Expansion | None = None


@dataclass(slots=True)
class Work:
    """Distinct keys per kind with the moment of their oldest change, and where the cursor stands afterwards."""

    position: Position
    due: dict[str, dict[str, datetime]] = field(default_factory=dict)
    rows: int = 0
    held: bool = False  # committed rows wait for an older open transaction

    def add(self, kind: str, key: str, at: datetime) -> None:
        keys = self.due.setdefault(kind, {})
        keys[key] = min(at, keys.get(key, at))

    def is_empty(self) -> bool:
        return not self.rows and not self.due


async def read_work(reader: Connection, channel: str, position: Position) -> Work:
    """The next piece of work behind `position`. Raises Gap."""
    if position.expand is not None:
        return await _next_page(reader, channel, position, position.expand)
    rows = await reader.fetch(QUERIES.outbox_rows, channel, position.txid, position.seq, BATCH_ROWS)
    if rows[0]["gap"]:
        raise Gap(f"cursor ({position.txid}, {position.seq}) lies below the cleared part of the outbox")
    found = [row for row in rows if row["seq"] is not None]
    # nothing below the horizon can come any more, so a short batch moves the cursor up to it
    end = Position(rows[0]["horizon"], 0) if len(found) < BATCH_ROWS else Position(found[-1]["txid"], found[-1]["seq"])
    work = Work(end, rows=len(found), held=rows[0]["held"])
    cut = await _expand(reader, channel, found, work)
    if cut is not None:
        work.position = cut
        found = [row for row in found if (row["txid"], row["seq"]) <= (cut.txid, cut.seq)]
    for row in found:
        work.add(row["kind"], row["key"], row["at"])
    return work


async def _expand(reader: Connection, channel: str, rows: Sequence[Row], work: Work) -> Position | None:
    """Adds the dependents of all scoped rows; the position of the row at which the page was full, if it was."""
    first: dict[tuple[str, str, str], Row] = {}
    for row in rows:
        if row["scope"] is not None:
            first.setdefault((row["kind"], row["key"], row["scope"]), row)
    scoped, room = list(first.values()), PAGE
    for start in range(0, len(scoped), TOGETHER):
        group = scoped[start : start + TOGETHER]
        found = await _dependents(reader, channel, group, ("", ""), room)
        for dependent in found:
            work.add(dependent["kind"], dependent["key"], group[dependent["i"] - 1]["at"])
        room -= len(found)
        if room <= 0:
            last = found[-1]
            row = group[last["i"] - 1]
            rest = Expansion(row["kind"], row["key"], row["scope"], last["kind"], last["key"], row["at"].isoformat())
            return Position(row["txid"], row["seq"], rest)
    return None


async def _next_page(reader: Connection, channel: str, position: Position, rest: Expansion) -> Work:
    at = datetime.fromisoformat(rest.at)
    row = {"kind": rest.kind, "key": rest.key, "scope": rest.scope}
    found = await _dependents(reader, channel, [row], (rest.after_kind, rest.after_key), PAGE)
    more = None
    if len(found) == PAGE:
        more = Expansion(rest.kind, rest.key, rest.scope, found[-1]["kind"], found[-1]["key"], rest.at)
    work = Work(Position(position.txid, position.seq, more), rows=1)
    for dependent in found:
        work.add(dependent["kind"], dependent["key"], at)
    return work


async def _dependents(reader: Connection, channel: str, rows: Sequence[Any], after: tuple[str, str], limit: int) -> list[Row]:
    kinds, keys, scopes = ([row[name] for row in rows] for name in ("kind", "key", "scope"))
    return await reader.fetch(QUERIES.dependents, channel, kinds, keys, scopes, *after, limit)
