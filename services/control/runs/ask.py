"""Asking for a run: by operators, schedules and replays. Checks what can be checked before anything is started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID, uuid4

from schemas.topics import IMPORT_KINDS, KINDS
from services.control.known import Known
from services.kernel.http import Problem
from services.kernel.postgres import Connection, PooledConnection, Queries

SQL = Queries(Path(__file__).with_name("runs.sql"))
Direction = Literal["export", "import"]
Since = Literal["last-transfer", "anytime", "timestamp", "offset"]
Overlap = Literal["wait", "merge", "refuse"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A run as somebody wants it. `kinds` and `keys` empty: all; `queue` None: the channel's own."""

    channel: str
    direction: Direction
    asked_by: str
    kinds: Sequence[str] = ()
    since: Since = "last-transfer"
    since_at: datetime | None = None
    since_places: Mapping[str, Mapping[str, int]] | None = None
    keys: Sequence[str] = ()
    force: bool = False
    queue: str | None = None
    priority: int = 5
    overlap: Overlap = "merge"
    schedule: str | None = None
    reason: str | None = None


async def ask(connection: Connection | PooledConnection, known: Known, asked: Asked) -> UUID:
    """The run's id, that of one that waits already where both ask for the same (domain.md 6). Inside the caller's transaction.

    Raises Problem 409 `channel_inactive`, `run_overlap` (asked to refuse), 404 `queue_unknown`, 400 `request_invalid`.
    """
    kinds = _kinds(asked)
    if not known.active:
        raise Problem(409, "channel_inactive", f"Sales channel {asked.channel} is inactive; the run was not started.")
    queue = await _queue(connection, asked)
    if asked.overlap == "refuse" and await connection.fetchval(SQL.busy, asked.channel, asked.direction):
        raise Problem(409, "run_overlap", "Another run of this channel in the same direction is active.")
    same = (kinds, asked.since, asked.since_at, _json(asked.since_places), list(asked.keys) or None, asked.force)
    if asked.overlap == "merge":
        found: UUID | None = await connection.fetchval(SQL.same, asked.channel, asked.direction, *same)
        if found is not None:
            return found
    run = uuid4()
    about = (queue, asked.priority, asked.schedule, asked.asked_by, asked.reason)
    await connection.execute(SQL.ask, run, asked.channel, asked.direction, *same, *about)
    await connection.execute(SQL.ask_kinds, run, kinds)
    await connection.execute("select pg_notify('ceebus_run', '')")
    return run


def _kinds(asked: Asked) -> list[str]:
    """In the order in which they are handled, whichever were chosen (domain.md 7.1)."""
    every = KINDS if asked.direction == "export" else IMPORT_KINDS
    strange = sorted(set(asked.kinds) - set(every))
    if strange:
        raise Problem(404, "kind_unknown", f"No kind of the {asked.direction}: {', '.join(strange)}. Kinds: {', '.join(every)}.")
    if asked.keys and len(asked.kinds) != 1:
        raise Problem(400, "request_invalid", "Chosen keys need exactly one kind.")
    return [kind for kind in every if not asked.kinds or kind in asked.kinds]


async def _queue(connection: Connection | PooledConnection, asked: Asked) -> str:
    """Raises Problem: a live channel's lanes are in its own queue and stay there."""
    steered = await connection.fetchrow(SQL.steered, asked.channel, asked.direction)
    own = steered["queue"] if steered else "default"
    if asked.queue is None or asked.queue == own:
        return str(own)
    if not await connection.fetchval(SQL.queue_known, asked.queue):
        raise Problem(404, "queue_unknown", f"There is no queue {asked.queue}. `ceebus queue list` shows those there are.")
    if steered is None or steered["mode"] == "live":
        text = f"Channel {asked.channel} is live in queue {own}; only a channel that is scheduled or on demand may run in another one."
        raise Problem(409, "queue_refused", text)
    return asked.queue


def _json(places: Mapping[str, Mapping[str, int]] | None) -> Any:
    return None if places is None else {topic: dict(offsets) for topic, offsets in places.items()}
