"""One page of a pull, read in one short transaction into memory: a slow client never holds the database.

Pages walk the (channel, position) indexes. A page that finds no more than `limit` rows left is the consistent cut
(design.md 7.7): everything asked for, of one snapshot, and `complete`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import orjson

from services.gateway.access import SQL
from services.gateway.cursor import GROUPS, Cursor, Place, resync
from services.kernel.http import Problem
from services.kernel.postgres import Connection, ConnectionLost, Pool, PooledConnection

CUT_ROWS = 5_000  # the largest page, and so the largest final cut
READ_SECONDS = 30.0
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Page:
    """Rows as NDJSON lines (export values as stored, removals as {kind, key, op}), and the cursor after them.

    `full`: the groups whose download began from nothing; when complete they replace what the device has.
    """

    lines: list[bytes]
    cursor: Cursor
    complete: bool
    full: tuple[str, ...]

    def body(self, cursor_text: str) -> bytes:
        """The page as bytes; its last line names the cursor."""
        places = {group: self.cursor.place(group).position for group in GROUPS}
        last = {"cursor": cursor_text, "complete": self.complete, "rows": len(self.lines), "full": self.full, "positions": places}
        return b"\n".join([*self.lines, orjson.dumps(last), b""])


async def read_page(pool: Pool, cursor: Cursor, groups: tuple[str, ...], limit: int) -> Page:
    """The next page for `cursor`; raises Problem 410 `resync_required`, 503 when the database does not answer."""
    for attempt in range(_ATTEMPTS):
        try:
            async with (
                asyncio.timeout(READ_SECONDS),
                pool.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                return await _read(connection, cursor, groups, limit)
        except TimeoutError:  # an OSError too, but a second try would take as long
            raise
        except ConnectionLost:
            # nothing was sent yet: another connection of the pool may well be alive
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


async def _read(connection: Connection | PooledConnection, cursor: Cursor, groups: tuple[str, ...], limit: int) -> Page:
    feed = await connection.fetchrow(SQL.place, cursor.channel)
    last, oldest, epoch = (feed["last"], feed["oldest"], feed["epoch"]) if feed else (0, 0, "")
    check(cursor, groups, last, oldest, epoch)
    places = {group: cursor.place(group).begin(last) for group in groups}
    full = tuple(group for group in groups if places[group].full)
    rows: list[Any] = []
    complete = True
    for group in groups:
        place = places[group]
        bounds = (cursor.channel, place.position, last, cursor.rep, place.base)
        found = await connection.fetch(getattr(SQL, f"{group}_rows"), *bounds, limit - len(rows) + 1, f"device/{cursor.device}")
        kept = found[: limit - len(rows)]
        rows += kept
        if len(found) > len(kept):
            complete = False
            if kept:
                places[group] = Place(kept[-1]["position"], place.base, place.full)
            break
        places[group] = Place(last, place.base, place.full)
    if complete:
        places = {group: Place(last, 0, full=False) for group in groups}
    return Page([_line(row) for row in rows], cursor.moved(places, groups if complete else (), epoch), complete, full)


def check(cursor: Cursor, groups: tuple[str, ...], last: int, oldest: int, epoch: str) -> None:
    """Raises Problem 410 where the feed can no longer say what this device lacks."""
    if cursor.feed_epoch and cursor.feed_epoch != epoch:
        raise resync("The feed of this channel was set up anew or restored.")
    if any(cursor.place(group).is_beyond_repair(oldest, last) for group in groups):
        raise resync("This device was away for so long that removals it missed are forgotten.")


def _line(row: Any) -> bytes:
    if row["body"] is not None:
        body: bytes = row["body"]
        return body
    return orjson.dumps({"kind": row["kind"], "key": row["key"], "op": "delete"})


def choose_groups(text: str) -> tuple[str, ...]:
    """`data,attachments` in any order -> groups in feed order."""
    asked = set(text.split(","))
    if not asked <= set(GROUPS):
        raise Problem(422, "request_invalid", f"groups is a list of {', '.join(GROUPS)}.")
    return tuple(group for group in GROUPS if group in asked)
