"""Cancelling and resuming a run, as an operator asks it. The moves themselves stand in states.py."""

from __future__ import annotations

from typing import Any

from services.control.runs.ask import SQL
from services.control.runs.book import RUN
from services.control.runs.states import MoveRefused, moved
from services.kernel.http import Problem
from services.kernel.postgres import Connection, PooledConnection


async def change(connection: Connection | PooledConnection, row: Any, what: str, reason: str | None) -> None:
    """`row`: the run, locked. A run at work ends where its manager meets the wish. Raises Problem 409 `run_state`."""
    try:
        after = moved(row["state"], what)
    except MoveRefused as refused:
        raise Problem(409, "run_state", str(refused)) from refused
    if what == "resume":
        await connection.execute(SQL.again_kind, row["id"])
        await connection.execute(SQL.resume, row["id"])
    elif row["state"] == "running":
        await connection.execute(SQL.cancelling, row["id"], reason)
    else:
        await connection.execute(SQL.cancel_waiting, row["id"], reason)
        assert after == "cancelled"
    await connection.execute("select pg_notify($1, '')", RUN)
