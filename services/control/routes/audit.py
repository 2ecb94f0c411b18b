"""/v1/audit: who did what, why, and how it was before and after."""

from fastapi import APIRouter

from services.control import cursor as cursors
from services.control.access_models import Action
from services.control.audit import SQL
from services.control.cursor import Cursor, Limit
from services.control.models import Filter, Page, problems
from services.control.parts import Parts

_NEWEST = (1 << 63) - 1


def routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["access"])

    @router.get("/audit", responses=problems(400, 422))
    async def actions(
        channel: Filter = None, actor: Filter = None, action: Filter = None, cursor: Cursor = None, limit: Limit = 100
    ) -> Page[Action]:
        """Actions, the newest first. `actor`: the id or name of a token. A channel may be gone since: an unknown one has no actions."""
        before = cursors.read(cursor, [_NEWEST])[0]
        rows = await parts.pool.fetch(SQL.list, before, channel, actor, action, limit + 1)
        items, following = cursors.page(rows, limit, lambda row: [row["id"]])
        return Page(items=[Action(**dict(row)) for row in items], next=following)

    return router
