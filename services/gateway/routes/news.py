"""GET /v1/news: one stream of server-sent events a device."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header
from fastapi.responses import Response, StreamingResponse

from services.gateway.access import Identity
from services.gateway.models import problems
from services.gateway.parts import Identify, Parts
from services.kernel.http import LONGEST, Seconds, event_stream

_STREAM = event_stream("news", "Events `news` with data `{position}`")
LastEventId = Annotated[str, Header(alias="Last-Event-ID", description="id of the last event the device has; without it one comes at once")]


def routes(parts: Parts, identify: Identify) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["sync"])

    @router.get("/news", response_class=Response, responses={**_STREAM, **problems(401, 403, 422, 503)})
    async def news(who: Annotated[Identity, Depends(identify)], last_event_id: LastEventId = "", seconds: Seconds = LONGEST) -> Response:
        """Says when the channel's feed has moved: time to pull. A second stream of a device ends its first."""
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(parts.news.stream(who, last_event_id, seconds), headers=headers, media_type="text/event-stream")

    return router
