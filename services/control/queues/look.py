"""Queues with what is in them, put together from rows; called by the routes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from services.control.known import Known
from services.control.queues.models import Member, Queue, QueuedRun
from services.kernel.http import Problem
from services.kernel.postgres import Connection, Pool, PooledConnection, Queries, Row

SQL = Queries(Path(__file__).with_name("queues.sql"))
DEFAULT = "default"
SHOWN_RUNS = 50  # of a queue and state
DIRECTIONS = ("export", "import")


async def rows_of(pool: Pool | Connection | PooledConnection, after: str, name: str | None, limit: int) -> list[Row]:
    """Rows of queues by name."""
    return await pool.fetch(SQL.list, after, name, limit)


async def filled(pool: Pool | Connection | PooledConnection, queues: Sequence[Row], known: Sequence[Known]) -> list[Queue]:
    """With their channels and runs. A direction that nobody has put anywhere is live and belongs to the queue `default`."""
    names = [row["name"] for row in queues]
    members: dict[str, list[Member]] = {name: [] for name in names}
    for row in await pool.fetch(SQL.transfers, names):
        members[row["queue"]].append(Member(**{name: row[name] for name in Member.model_fields}))
    if DEFAULT in members:
        placed = {(row["channel"], row["direction"]) for row in await pool.fetch(SQL.placed)}
        free = [(one.id, direction) for one in known for direction in DIRECTIONS if (one.id, direction) not in placed]
        members[DEFAULT] += [Member(channel=channel, direction=direction, mode="live", weight=1, held=False) for channel, direction in free]
        members[DEFAULT].sort(key=lambda member: (member.channel, member.direction))
    runs: dict[tuple[str, str], list[Row]] = {}
    for row in await pool.fetch(SQL.runs, names, SHOWN_RUNS):
        runs.setdefault((row["queue"], row["state"]), []).append(row)
    return [_queue(row, members[row["name"]], runs) for row in queues]


def _queue(row: Row, members: list[Member], runs: dict[tuple[str, str], list[Row]]) -> Queue:
    running, waiting = (runs.get((row["name"], state), []) for state in ("running", "waiting"))
    return Queue(
        **dict(row),
        transfers=members,
        running=[_run(run) for run in running],
        waiting=[_run(run) for run in waiting],
        waiting_count=waiting[0]["count"] if waiting else 0,
    )


def _run(row: Row) -> QueuedRun:
    return QueuedRun(**{name: row[name] for name in QueuedRun.model_fields})


async def locked(connection: PooledConnection, name: str) -> Row:
    """The queue's row, held by the transaction; raises Problem 404 `queue_unknown`."""
    row = await connection.fetchrow(SQL.lock, name) if "\x00" not in name else None
    if row is None:
        raise unknown(name)
    return row


async def require_unused(connection: PooledConnection, name: str) -> None:
    """Raises Problem 409 `queue_in_use`, naming what uses it."""
    if name == DEFAULT:
        raise Problem(409, "queue_in_use", "The queue default stays: what nobody has put into another one belongs to it.")
    users = await connection.fetchrow(SQL.users, name)
    words = {"transfers": "channel directions", "schedules": "schedules", "open_runs": "open runs", "past_runs": "past runs"}
    by = ", ".join(f"{users[column]} {word}" for column, word in words.items() if users and users[column])
    if by:
        raise Problem(409, "queue_in_use", f"Queue {name} is in use: {by} name it. A paused queue starts nothing.")


def unknown(name: str) -> Problem:
    return Problem(404, "queue_unknown", f"There is no queue {name!r}. `ceebus queue list` shows those there are.")
