"""A sender's own answers, page by page: what GET /v1/results reads. Devices get the same rows with their pull."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from services.gateway.access import SQL
from services.gateway.cursor import resync
from services.kernel import tokens
from services.kernel.http import Problem
from services.kernel.postgres import Pool

PATTERN = r"^[A-Za-z0-9_-]{2,1200}\.[A-Za-z0-9_-]{22}$"
_PURPOSE = "results.1"


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a sender has read his answers in this life of the feed."""

    channel: str
    sender: str
    feed_epoch: str = ""
    position: int = 0


def write(key: bytes, mark: Mark) -> str:
    """The text a client keeps."""
    return tokens.seal(key, _PURPOSE, [mark.channel, mark.sender, mark.feed_epoch, mark.position])


def read(key: bytes, text: str | None, owner: Mark) -> Mark:
    """The mark in `text`, the beginning without one; raises Problem 403 for another's."""
    if text is None:
        return owner
    try:
        found = Mark(*tokens.unseal(key, _PURPOSE, text))
    except (tokens.BadSeal, TypeError):
        raise Problem(403, "cursor_invalid", "This cursor was not made by this list. Begin without one.") from None
    if (found.channel, found.sender) != (owner.channel, owner.sender):
        raise Problem(403, "cursor_of_other_sender", "This cursor belongs to another sender. Begin without one.")
    return found


async def page(pool: Pool, key: bytes, mark: Mark, limit: int) -> bytes:
    """JSON `{items, cursor, complete}`: the answers after `mark`, an answer that changed meanwhile once more. Raises Problem 410."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        feed = await connection.fetchrow(SQL.place, mark.channel)
        last, epoch = (feed["last"], feed["epoch"]) if feed else (0, "")
        if mark.feed_epoch and mark.feed_epoch != epoch:
            raise resync("The feed of this channel was set up anew or restored.")
        rows = await connection.fetch(SQL.results_rows, mark.channel, mark.sender, mark.position, last, limit + 1)
    complete, rows = len(rows) <= limit, rows[:limit]
    reached = last if complete else rows[-1]["position"]
    following = write(key, Mark(mark.channel, mark.sender, epoch, reached))
    items = b",".join(row["body"] for row in rows)
    return b'{"items":[%s],"cursor":%s,"complete":%s}' % (items, orjson.dumps(following), orjson.dumps(complete))
