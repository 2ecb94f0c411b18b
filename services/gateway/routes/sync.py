"""GET /v1/sync: the pull; POST /v1/ack: what of it is in use on the device."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import Response, StreamingResponse

from services.gateway import cursor as cursors
from services.gateway import replay
from services.gateway.access import SQL, Identity
from services.gateway.compression import Compressor, negotiate
from services.gateway.cursor import Cursor
from services.gateway.models import Ack, Acknowledged, Answers, problems
from services.gateway.pages import CUT_ROWS, Page, check, choose_groups, read_page
from services.gateway.parts import Epoch, Identify, Parts, fresh_cursor
from services.kernel import metrics
from services.kernel.http import Problem
from services.kernel.logging import log
from services.kernel.postgres import ConnectionLost, DatabaseError

PAGES = 20  # pages of one answer: a device far behind comes back with its last cursor
_NDJSON = "application/x-ndjson"
_ANSWER: Answers = {
    200: {"description": "Pages of NDJSON, each closed by its cursor", "content": {_NDJSON: {"schema": {"type": "string"}}}}
}
CursorText = Annotated[str | None, Query(pattern=cursors.PATTERN, description="of the last page the device has stored; none = everything")]
Groups = Annotated[
    str, Query(pattern="^(data|attachments|data,attachments|attachments,data)$", description="`data` alone = all without attachments")
]
Limit = Annotated[int, Query(ge=1, le=CUT_ROWS, description="rows of a page")]
Pages = Annotated[int, Query(ge=1, le=PAGES, description="pages of this answer")]


def routes(parts: Parts, identify: Identify) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["sync"])
    Who = Annotated[Identity, Depends(identify)]

    @router.get("/sync", response_class=Response, responses={**_ANSWER, **problems(401, 403, 409, 410, 422, 503)})
    async def sync(
        who: Who,
        epoch: Epoch,
        asked: Annotated[_Pull, Depends()],
        accept_encoding: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Pages from the cursor on, until one is `complete: true` (a consistent cut) or `pages` are sent.

        A line with `cursor` ends a page: `{"cursor", "complete", "rows", "full", "positions"}`. Stage pages and
        switch at `complete`; groups in `full` then replace what was there.
        All other lines are rows: export values, or `{"kind", "key", "op": "delete"}`.
        """
        fresh = fresh_cursor(who, epoch)
        at = cursors.read(parts.key, asked.cursor, fresh) if asked.cursor else fresh
        at = await replay.put_back(parts.pool, at)
        first = await read_page(parts.pool, at, asked.groups, asked.limit)  # before the answer starts: still a clean 410 or 503
        await parts.pool.execute(SQL.seen, who.device)
        metrics.DEVICE_LAST_SEEN.labels(who.channel).set_to_current_time()
        encoding, compressor = negotiate(accept_encoding)
        headers = {"vary": "Accept-Encoding", "cache-control": "no-store"} | ({"content-encoding": encoding} if encoding else {})
        return StreamingResponse(_stream(parts, who, asked, first, compressor), headers=headers, media_type=_NDJSON)

    @router.post("/ack", responses=problems(400, 401, 403, 409, 410, 413, 422, 503))
    async def acknowledge(who: Who, epoch: Epoch, body: Ack) -> Acknowledged:
        """Notes that a complete download is in use; its database becomes the one whose edits count."""
        return await _acknowledge(parts, who, cursors.read(parts.key, body.cursor, fresh_cursor(who, epoch)))

    return router


class _Pull:
    """What a pull asks for."""

    def __init__(
        self, cursor: CursorText = None, groups: Groups = "data,attachments", limit: Limit = CUT_ROWS, pages: Pages = PAGES
    ) -> None:
        self.cursor, self.groups, self.limit, self.pages = cursor, choose_groups(groups), limit, pages


async def _stream(parts: Parts, who: Identity, asked: _Pull, page: Page, compressor: Compressor) -> AsyncIterator[bytes]:
    """Compressed pages. What goes wrong after the first one ends the answer at a page border: the client asks again and is told."""
    for number in range(1, asked.pages + 1):
        body = page.body(cursors.write(parts.key, page.cursor))
        yield await asyncio.to_thread(compressor.chunk, body)
        if page.complete or number == asked.pages or parts.stop.is_set():
            break
        try:
            row = await parts.pool.fetchrow(SQL.device, who.device)
            if row is None or row["state"] != "active" or row["session"] != who.session:
                break
            page = await read_page(parts.pool, page.cursor, asked.groups, asked.limit)
        except (*ConnectionLost, DatabaseError, TimeoutError, Problem) as error:
            log.warning(f"{type(error).__name__}: {error}", action="pull_cut_short", channel=who.channel)
            break
    yield compressor.end()


async def _acknowledge(parts: Parts, who: Identity, cursor: Cursor) -> Acknowledged:
    if not cursor.complete:
        raise Problem(409, "cursor_incomplete", "Acknowledge the cursor of a page with complete: true.")
    async with parts.pool.acquire() as connection, connection.transaction():
        place = await connection.fetchrow(SQL.place, who.channel)
        if cursor.feed_epoch:
            check(cursor, cursor.complete, place["last"] if place else 0, 0, place["epoch"] if place else "")
        reached = [cursor.place(group).position if group in cursor.complete else None for group in cursors.GROUPS]
        row = await connection.fetchrow(SQL.acknowledge, who.device, who.channel, *reached, cursor.db_epoch, cursor.feed_epoch or None)
        await replay.acknowledge(connection, cursor)
        if "data" in cursor.complete:
            await connection.execute(SQL.register_epoch, who.device, cursor.db_epoch)
        registered = await connection.fetchrow(SQL.device, who.device)
    return Acknowledged(**dict(row or {}), db_epoch=registered["db_epoch"] if registered else None)
