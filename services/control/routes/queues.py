"""/v1/wanted and the lines that ingest could not take: what source and writer have on their desks."""

from fastapi import APIRouter

from schemas import codes
from services.control import cursor as cursors
from services.control.cursor import Cursor, Limit
from services.control.due import as_text
from services.control.models import Filter, Language, Page, RejectedLine, Wanted, problems
from services.control.parts import Parts
from services.control.positions import SQL

_NEWEST = (1 << 63) - 1


def routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["queues"])

    @router.get("/wanted", responses=problems(400, 404, 422))
    async def wanted(channel: Filter = None, cursor: Cursor = None, limit: Limit = 100) -> Page[Wanted]:
        """What source and writer are still asked to do, the oldest first."""
        await parts.filters(channel)
        after = cursors.read(cursor, [0])[0]
        rows = await parts.pool.fetch(SQL.wanted, after, channel, limit + 1)
        items, following = cursors.page(rows, limit, lambda row: [row["id"]])
        return Page(items=[Wanted(**dict(row)) for row in items], next=following)

    @router.get("/channels/{channel}/rejected", responses=problems(400, 404, 422))
    async def rejected(
        channel: str, kind: Filter = None, lang: Language = "en", cursor: Cursor = None, limit: Limit = 100
    ) -> Page[RejectedLine]:
        """Lines an ingest could not take, the newest first."""
        await parts.filters(channel, kind)
        before = cursors.read(cursor, [_NEWEST])[0]
        rows = await parts.pool.fetch(SQL.rejected, channel, before, kind, limit + 1)
        items, following = cursors.page(rows, limit, lambda row: [row["id"]])
        lines = [
            RejectedLine(**dict(row) | {"raw": as_text(row["raw"]), "text": codes.text(row["code"], lang, row["params"])}) for row in items
        ]
        return Page(items=lines, next=following)

    return router
