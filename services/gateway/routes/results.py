"""GET /v1/results: what became of a sender's own uploads."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from schemas.export.results import ImportResult
from services.gateway import answers
from services.gateway.answers import Mark
from services.gateway.models import problems
from services.gateway.parts import Parts, Sending
from services.gateway.senders import Sender

After = Annotated[str | None, Query(pattern=answers.PATTERN, description="`cursor` of the page before; none = from the beginning")]
Limit = Annotated[int, Query(ge=1, le=1000, description="answers of a page")]


class Answers(BaseModel):
    """One page of answers, the oldest first. An upload that waits has an interim answer, which its final one replaces."""

    items: list[ImportResult]
    cursor: Annotated[str, Field(description="where the next page begins; keep it to ask for news later")]
    complete: Annotated[bool, Field(description="no more answers now")]


def routes(parts: Parts, sending: Sending) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["results"])

    @router.get("/results", response_class=Response, responses={200: {"model": Answers}, **problems(401, 403, 410, 422, 503)})
    async def results(who: Annotated[Sender, Depends(sending)], cursor: After = None, limit: Limit = 200) -> Response:
        """Answers to one's own uploads of the last 90 days, each once, and again when it changes."""
        mark = answers.read(parts.key, cursor, Mark(who.channel, who.name))
        body = await answers.page(parts.pool, parts.key, mark, limit)
        return Response(body, media_type="application/json", headers={"cache-control": "no-store"})

    return router
