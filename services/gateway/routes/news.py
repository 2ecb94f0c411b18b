"""GET /v1/news: one stream of server-sent events a device."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import Response, StreamingResponse

from services.gateway.access import Identity
from services.gateway.models import Answers, problems
from services.gateway.parts import Identify, Parts

# Each event as its fields: below OpenAPI 3.2 readers take a stream's schema as that of one event.
_EVENT = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "event": {"const": "news"},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
    "required": ["id", "event", "data"],
}
_STREAM: Answers = {200: {"description": "Events `news` with data `{position}`", "content": {"text/event-stream": {"schema": _EVENT}}}}
_HOUR = 3600
LastEventId = Annotated[str, Header(alias="Last-Event-ID", description="id of the last event the device has; without it one comes at once")]
Seconds = Annotated[int, Query(ge=0, le=_HOUR, description="how long the stream may last; then connect again")]


def routes(parts: Parts, identify: Identify) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["sync"])

    @router.get("/news", response_class=Response, responses={**_STREAM, **problems(401, 403, 422, 503)})
    async def news(who: Annotated[Identity, Depends(identify)], last_event_id: LastEventId = "", seconds: Seconds = _HOUR) -> Response:
        """Says when the channel's feed has moved: time to pull. A second stream of a device ends its first."""
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return StreamingResponse(parts.news.stream(who, last_event_id, seconds), headers=headers, media_type="text/event-stream")

    return router
