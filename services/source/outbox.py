"""The outbox, read in an order that no open transaction can still change, and expanded to what its rows make due.

A row counts only below the oldest open transaction: a lower sequence number may commit later (T37).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from services.kernel.postgres import Connection, Queries, Row

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
BATCH_ROWS = 2000
PAGE = 150  # dependents at once beside other changes, as often as these: they should not notice
PAGE_ALONE = 2000
MOST_LEFT = 20  # rows whose dependents are still being read; further rows wait for them
TOGETHER = 50  # scoped rows expanded in one statement: all of them are expanded before the page is cut


class Gap(Exception):
    """Rows behind the cursor were deleted: what changed can't be said any more."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """What is left of the dependents of an outbox row that was taken."""

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
    """Everything up to (txid, seq) is taken, except the dependents that `left` still names."""

    txid: int
    seq: int
    left: tuple[Expansion, ...] = ()


@dataclass(slots=True)
class Work:
    """Distinct keys per kind with the moment of their oldest change, and where the cursor stands afterwards."""

    position: Position
    due: dict[str, dict[str, datetime]] = field(default_factory=dict)
    rows: int = 0
    alone: bool = False  # nothing else was there beside a page of dependents
    held: bool = False  # committed rows wait for an older open transaction

    def add(self, kind: str, key: str, at: datetime) -> None:
        keys = self.due.setdefault(kind, {})
        keys[key] = min(at, keys.get(key, at))

    def is_empty(self) -> bool:
        return not self.rows and not self.due


async def read_work(reader: Connection, channel: str, position: Position) -> Work:
    """The next rows behind `position`, and with them the next page of dependents that are left. Raises Gap.

    A row with very many dependents holds nothing else up: what is read later carries the later state, so their order is free.
    """
    work = Work(position)
    if len(position.left) < MOST_LEFT:
        await _take_rows(reader, channel, work)
    if position.left:
        rest = await _take_page(reader, channel, position.left[0], work)
        work.position = replace(work.position, left=rest + work.position.left[1:])
    return work


async def _take_rows(reader: Connection, channel: str, work: Work) -> None:
    position = work.position
    rows = await reader.fetch(QUERIES.outbox_rows, channel, position.txid, position.seq, BATCH_ROWS)
    if rows[0]["gap"]:
        raise Gap(f"cursor ({position.txid}, {position.seq}) lies below the cleared part of the outbox")
    found = [row for row in rows if row["seq"] is not None]
    # nothing below the horizon can come any more, so a short batch moves the cursor up to it
    end = (rows[0]["horizon"], 0) if len(found) < BATCH_ROWS else (found[-1]["txid"], found[-1]["seq"])
    left = [(row, rest) for row, rest in await _expand(reader, channel, _distinct(found), work) if not _is_to_come(rest, position.left)]
    room = MOST_LEFT - len(position.left)
    if len(left) > room:  # the first row that is too much is read again, with all behind it
        first = (left[room][0]["txid"], left[room][0]["seq"])
        found = [row for row in found if (row["txid"], row["seq"]) < first]
        end, left = (found[-1]["txid"], found[-1]["seq"]), left[:room]
    for row in found:
        work.add(row["kind"], row["key"], row["at"])
    work.rows, work.held = len(found), rows[0]["held"]
    work.position = Position(end[0], end[1], (*position.left, *(rest for _, rest in left)))


def _distinct(rows: Sequence[Row]) -> list[Row]:
    """Those with a scope, each object once a scope."""
    first: dict[tuple[str, str, str], Row] = {}
    for row in rows:
        if row["scope"] is not None:
            first.setdefault((row["kind"], row["key"], row["scope"]), row)
    return list(first.values())


def _is_to_come(rest: Expansion, left: Sequence[Expansion]) -> bool:
    """Whether the same is left already, and nobody has begun with it: then it comes late enough for this change, too."""
    return (rest.kind, rest.key, rest.scope) in [(one.kind, one.key, one.scope) for one in left if not one.after_kind]


async def _expand(reader: Connection, channel: str, scoped: Sequence[Row], work: Work) -> list[tuple[Row, Expansion]]:
    """Adds a page of the rows' dependents; what is left: of the row at which the page was full, and of all behind it."""
    room = PAGE
    for start in range(0, len(scoped), TOGETHER):
        group = scoped[start : start + TOGETHER]
        found = await _dependents(reader, channel, group, ("", ""), room)
        for dependent in found:
            work.add(dependent["kind"], dependent["key"], group[dependent["i"] - 1]["at"])
        room -= len(found)
        if room <= 0:
            last, place = found[-1], start + found[-1]["i"] - 1
            rest = (scoped[place], _left(scoped[place], last["kind"], last["key"]))
            return [rest, *((row, _left(row)) for row in scoped[place + 1 :])]
    return []


def _left(row: Row, after_kind: str = "", after_key: str = "") -> Expansion:
    return Expansion(row["kind"], row["key"], row["scope"], after_kind, after_key, row["at"].isoformat())


async def _take_page(reader: Connection, channel: str, rest: Expansion, work: Work) -> tuple[Expansion, ...]:
    """Adds the next dependents; what is left behind them."""
    work.alone, work.rows = not work.rows, work.rows + 1
    row, size = {"kind": rest.kind, "key": rest.key, "scope": rest.scope}, PAGE_ALONE if work.alone else PAGE
    found = await _dependents(reader, channel, [row], (rest.after_kind, rest.after_key), size)
    for dependent in found:
        work.add(dependent["kind"], dependent["key"], datetime.fromisoformat(rest.at))
    return (replace(rest, after_kind=found[-1]["kind"], after_key=found[-1]["key"]),) if len(found) == size else ()


async def _dependents(reader: Connection, channel: str, rows: Sequence[Any], after: tuple[str, str], limit: int) -> list[Row]:
    kinds, keys, scopes = ([row[name] for row in rows] for name in ("kind", "key", "scope"))
    return await reader.fetch(QUERIES.dependents, channel, kinds, keys, scopes, *after, limit)
