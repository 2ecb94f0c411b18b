"""A device gets again what an operator asked for: its cursor goes back, nobody else's moves. Called by sync and ack.

The cursor itself remembers which replay has put it back: an answer that is lost on the way is simply given again, and a
device that has stored a page is never put back twice.
"""

from __future__ import annotations

from dataclasses import replace

from services.gateway.access import SQL
from services.gateway.cursor import GROUPS, Cursor, Place, resync
from services.kernel.postgres import Connection, Pool, PooledConnection


async def put_back(pool: Pool, cursor: Cursor) -> Cursor:
    """The cursor to read from. Raises Problem 410 `resync_required` where everything was asked for: the device begins anew."""
    wanted = await pool.fetchrow(SQL.replay, cursor.device)
    if wanted is None or cursor.replay >= wanted["id"]:
        return cursor
    await pool.execute(SQL.replay_taken, wanted["id"])
    if wanted["whole"] and cursor.feed_epoch:
        raise resync("An operator has all data sent to this device again.")
    places = {group: _lowered(cursor.place(group), wanted[f"{group}_position"]) for group in GROUPS}
    return replace(cursor, replay=wanted["id"], complete=(), **places)  # type: ignore[arg-type]


async def acknowledge(connection: Connection | PooledConnection, cursor: Cursor) -> None:
    """A complete cut read after a replay ends it, group by group."""
    if cursor.replay:
        done = ["data" in cursor.complete, "attachments" in cursor.complete]
        await connection.execute(SQL.replay_acknowledged, cursor.device, cursor.replay, *done)


def _lowered(place: Place, position: int) -> Place:
    return replace(place, position=min(place.position, position))
