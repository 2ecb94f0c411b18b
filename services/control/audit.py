"""Who did what, why, and how it was before and after: one row for each action, written in the action's own transaction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from services.kernel.access import Actor
from services.kernel.postgres import Connection, PooledConnection, Queries

SQL = Queries(Path(__file__).with_name("audit.sql"))


async def audit(
    connection: Connection | PooledConnection,
    actor: Actor | str,
    action: str,
    *,
    channel: str | None = None,
    object: str | None = None,
    reason: str | None = None,
    before: Any = None,
    after: Any = None,
) -> None:
    """Adds the row. `actor`: from the route's signature; `lane`, `schedule` where nobody asked. `action`: as `due.retry`.

    `before` and `after` are JSON values of what changed, without secrets. Raises RuntimeError outside a transaction: an action must not
    be without its row, nor a row without its action.
    """
    if not connection.is_in_transaction():
        raise RuntimeError(f"the audit of {action} belongs into the transaction of the action")
    who = actor if isinstance(actor, str) else actor.id
    await connection.execute(SQL.add, who, action, channel, object, reason, before, after)
