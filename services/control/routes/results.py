"""/v1/channels/{channel}/results: what became of each upload, the newest answer first."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from schemas.topics import IMPORT_KINDS
from services.control import cursor as cursors
from services.control import imports as uploads
from services.control.cursor import Cursor, Limit
from services.control.import_models import Result
from services.control.models import Filter, Language, Page, problems
from services.control.parts import Parts

_NEWEST: list[str | int] = [1 << 45, "", 0, "", ""]  # milliseconds: the year 3084
_PLACE = ("answered_ms", "source_id", "revision", "sender", "upload_id")


class _Filters:
    """A filter that is left out does not filter."""

    def __init__(
        self,
        sender: Filter = None,
        kind: Filter = None,
        outcome: Filter = None,
        code: Filter = None,
        final: Annotated[bool | None, Query(description="only final answers, or only interim ones")] = None,
    ) -> None:
        self.kind = kind
        self.values = (sender, kind, outcome, code, final)


def routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["imports"])

    @router.get("/channels/{channel}/results", responses=problems(400, 404, 422))
    async def results(
        channel: str, filters: Annotated[_Filters, Depends()], lang: Language = "en", cursor: Cursor = None, limit: Limit = 100
    ) -> Page[Result]:
        """The last answer to each upload of 90 days. `code` finds warnings, too."""
        await parts.filters(channel, filters.kind, IMPORT_KINDS)
        before = _bounded(cursors.read(cursor, _NEWEST))
        rows = await parts.pool.fetch(uploads.SQL.results, channel, *before, *filters.values, limit + 1)
        items, following = cursors.page(rows, limit, lambda row: [row[name] for name in _PLACE])
        return Page(items=[uploads.result(row, lang) for row in items], next=following)

    return router


def _bounded(place: list[Any]) -> list[Any]:
    """What a cursor made by hand may hold is no moment, or no number of a revision."""
    return [min(max(place[0], 0), 1 << 45), place[1], min(max(place[2], 0), (1 << 31) - 1), *place[3:]]
