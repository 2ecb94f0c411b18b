"""GET /v1/attachments/{sha256}: a content, if a record this rep can see names it."""

import asyncio
import re
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response

from services.gateway import ranges
from services.gateway.access import SQL, Identity
from services.gateway.models import Answers, problems
from services.gateway.parts import Identify, Parts
from services.kernel.http import Problem

_SHA256 = re.compile(r"^[0-9a-f]{64}$")
_BINARY = {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}
_ANSWERS: Answers = {
    200: {"description": "The content", **_BINARY},
    206: {"description": "The part asked for with Range", **_BINARY},
    304: {"description": "The client has it (If-None-Match)"},
}


def routes(parts: Parts, identify: Identify) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["sync"])

    @router.get("/attachments/{sha256}", response_class=Response, responses={**_ANSWERS, **problems(401, 403, 404, 416, 422, 503)})
    async def content(
        who: Annotated[Identity, Depends(identify)],
        sha256: Annotated[str, Path(description="64 hex digits, as the attachment's record names it")],
        request: Request,
    ) -> Response:
        """The content with this hash. Its ETag is the hash; Range resumes a download."""
        row = await parts.pool.fetchrow(SQL.attachment, who.channel, sha256, who.rep) if _SHA256.match(sha256) else None
        if row is None:
            raise Problem(404, "attachment_not_found", "No attachment of this device has such a content.")
        record = orjson.loads(row["body"])
        try:
            found = await asyncio.to_thread(parts.blobs.path(sha256).read_bytes)
        except FileNotFoundError:
            raise Problem(404, "content_missing", "The content of this attachment is not in the store; a note has none.") from None
        return ranges.serve(found, sha256, str(record.get("mime") or "application/octet-stream"), request.headers)

    return router
