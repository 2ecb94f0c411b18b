"""Modes and holds of a channel's directions, as rows that lanes follow (kernel/steering.py)."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from services.control.audit import audit
from services.control.run_models import Direction, Hold, SetMode, Steered
from services.control.runs.book import RUN, STEER
from services.kernel.access import Actor
from services.kernel.http import Problem
from services.kernel.postgres import Pool, PooledConnection, Queries

SQL = Queries(Path(__file__).with_name("steer.sql"))
Where = tuple[str, Direction]  # channel and direction
TAKEN_S = 2.0


def steered(where: Where, row: Any) -> Steered:
    """A direction nobody has touched is live in the default queue."""
    if row is None:
        none = {"reason": None, "held_by": None, "held_at": None}
        return Steered(channel=where[0], direction=where[1], mode="live", queue="default", weight=1, held=False, detached=False, **none)
    return Steered(**dict(row))


async def set_mode(pool: Pool, where: Where, body: SetMode, actor: Actor) -> Steered:
    """Raises Problem 404 `queue_unknown`."""
    async with pool.acquire() as connection, connection.transaction():
        before = await _locked(connection, where)
        if body.queue is not None and not await connection.fetchval("select exists(select from ceebus.queue where name = $1)", body.queue):
            raise Problem(404, "queue_unknown", f"There is no queue {body.queue}. `ceebus queue list` shows those there are.")
        row = await connection.fetchrow(SQL.set_mode, *where, body.mode, body.queue, body.weight)
        after = await _said(connection, where, (actor, "mode.set", body.reason), (before, row))
    return await _taken(pool, after)


async def hold(pool: Pool, where: Where, body: Hold, actor: Actor) -> Steered:
    """A second hold changes the reason."""
    async with pool.acquire() as connection, connection.transaction():
        before = await _locked(connection, where)
        row = await connection.fetchrow(SQL.hold, *where, body.detach, body.reason, actor.id)
        after = await _said(connection, where, (actor, "hold", body.reason), (before, row))
    return await _taken(pool, after)


async def release(pool: Pool, where: Where, reason: str | None, actor: Actor) -> Steered:
    """Raises Problem 409 `not_held`."""
    async with pool.acquire() as connection, connection.transaction():
        before = await _locked(connection, where)
        if not before["held"]:
            raise Problem(409, "not_held", f"The {where[1]} of channel {where[0]} is not held.")
        row = await connection.fetchrow(SQL.release, *where)
        after = await _said(connection, where, (actor, "release", reason), (before, row))
    return await _taken(pool, after)


async def _taken(pool: Pool, wanted: Steered) -> Steered:
    """Returns when the lane has taken it up, so that nothing flows any more behind a hold; after TAKEN_S whatever the lane does."""
    state, deadline = {"mode": wanted.mode, "held": wanted.held}, time.monotonic() + TAKEN_S
    while not wanted.detached and time.monotonic() < deadline:
        if await pool.fetchval(SQL.confirmed, f"{wanted.direction}.{wanted.channel}", state):
            break
        await asyncio.sleep(0.02)
    return wanted


async def _locked(connection: PooledConnection, where: Where) -> Any:
    await connection.execute(SQL.touch, *where)
    return await connection.fetchrow(SQL.lock, *where)


async def _said(connection: PooledConnection, where: Where, what: tuple[Actor, str, str | None], rows: tuple[Any, Any]) -> Steered:
    """The audit's row, and a knock at the lanes and the manager of runs."""
    before, after = (steered(where, row) for row in rows)
    shown = [one.model_dump(mode="json", exclude={"channel", "direction"}) for one in (before, after)]
    await audit(connection, what[0], what[1], channel=where[0], object=where[1], reason=what[2], before=shown[0], after=shown[1])
    for signal in (STEER, RUN):
        await connection.execute("select pg_notify($1, '')", signal)
    return after
