"""Runs as people see them: the row, its kinds, how far the lanes have come, what was counted so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.control.cee import SQL as CEE_SQL
from services.control.cee import Cee, CeeAway
from services.control.run_models import KindProgress, RunDetail, RunLine
from services.control.runs.ask import SQL
from services.control.runs.book import Book, numbered, run_of
from services.control.runs.report import counted
from services.kernel.http import Problem
from services.kernel.postgres import Pool, Row

_LINE = frozenset(RunLine.model_fields) - {"keys", "held"}


def line(row: Row, held: bool) -> RunLine:
    return RunLine(**_fields(row, held))


def _fields(row: Row, held: bool) -> dict[str, Any]:
    about = {name: row[name] for name in _LINE}
    return about | {"keys": len(row["keys"]) if row["keys"] is not None else None, "held": held and row["state"] == "running"}


async def detail(pool: Pool, cee: Cee, run: UUID) -> RunDetail:
    """Raises Problem 404 `run_unknown`."""
    row = await pool.fetchrow(SQL.one, run)
    if row is None:
        raise Problem(404, "run_unknown", f"There is no run {run}. `ceebus runs list` shows those there are.")
    steered = await pool.fetchrow(SQL.steered, row["channel"], row["direction"])
    kinds = await pool.fetch(SQL.kinds, [run])
    counts = _kept(row) or counted(await tally(pool, cee, row))
    book = Book(pool, run_of(row, steered))
    progress = [await _progress(book, kind, counts.get(kind["kind"], {})) for kind in kinds]
    held = steered is not None and steered["held"]
    return RunDetail(**_fields(row, held), progress=progress, report=row["report"])


def _kept(row: Row) -> dict[str, dict[str, int]]:
    kinds: Mapping[str, Any] = (row["report"] or {}).get("kinds", {})
    return {kind: {name: n for name, n in about.items() if isinstance(n, int) and name != "selected"} for kind, about in kinds.items()}


async def tally(pool: Pool, cee: Cee, row: Row) -> Sequence[Mapping[str, Any]]:
    """What was counted so far; nothing while CEE is away."""
    if row["direction"] == "export":
        return [dict(found) for found in await pool.fetch(SQL.tally, row["id"])]
    try:
        return [dict(found) for found in await cee.fetch(CEE_SQL.run_tally, row["id"], limit_s=5)]
    except CeeAway:
        return []


async def _progress(book: Book, row: Row, counts: Mapping[str, int]) -> KindProgress:
    read, selected = None, row["selected"]
    if row["phase"] == "read" and selected is not None:
        standing, bounds = await book.standing(row["kind"]), numbered(row["bounds"])
        read = max(0, selected - sum(max(0, bound - standing.markers.get(n, 0)) for n, bound in bounds.items()))
    elif row["phase"] in ("deliver", "done"):
        read = selected
    names = ("kind", "phase", "started_at", "finished_at", "marker_before", "marker_after")
    return KindProgress(**{name: row[name] for name in names}, selected=selected, read=read, counts={k: n for k, n in counts.items() if n})
