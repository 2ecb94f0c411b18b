"""POST /v1/sync: what reps and managers made, a record a line; each is in the bus, or has its verdict, before the answer."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.requests import ClientDisconnect

from schemas.envelope import RECORD_LIMIT
from schemas.export.results import Messages
from services.gateway.access import SQL
from services.gateway.bodies import UPLOADS, decompressed, too_large
from services.gateway.models import problems
from services.gateway.parts import Parts, Sending
from services.gateway.senders import Sender
from services.gateway.uploads import Judged, Push, judge
from services.kernel import metrics
from services.kernel.http import Problem
from services.kernel.kafka import DeliveryFailed, Unreachable
from services.kernel.ndjson import read_lines

RECORDS = 2_000  # of one request: bounds what its answer can become
_PIECE = 1 << 18
_NDJSON = "application/x-ndjson"
_TYPES = frozenset({_NDJSON, "application/json"})
_LINES = {"required": True, "content": {_NDJSON: {"schema": {"type": "string", "format": "binary"}}}}
Epoch = Annotated[UUID | None, Header(alias="X-Device-Epoch", description="of devices: the db_epoch of the present database")]
Encoding = Annotated[str | None, Header(alias="Content-Encoding", description="gzip, zstd or identity")]
Trace = Annotated[str | None, Header(description="W3C trace context; it goes on with each record")]


class Verdict(BaseModel):
    """On one line. `accepted`: it is kept, and what becomes of it comes as an answer to `upload_id`. `rejected`: it is not kept."""

    line: Annotated[int, Field(description="from 1; blank lines count")]
    source_id: str | None
    kind: str | None
    revision: int | None
    status: Literal["accepted", "rejected"]
    upload_id: str | None = None
    code: str | None = None
    params: dict[str, Any] | None = None
    messages: Messages | None = None


class Verdicts(BaseModel):
    """One verdict a line, in the order of the lines."""

    accepted: int
    rejected: int
    records: list[Verdict]


def routes(parts: Parts, sending: Sending) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["push"])

    @router.post(
        "/sync",
        status_code=202,
        response_model=Verdicts,
        responses=problems(400, 401, 403, 408, 409, 413, 415, 422, 503),
        openapi_extra={"requestBody": _LINES},
    )
    async def push(
        who: Annotated[Sender, Depends(sending)],
        request: Request,
        epoch: Epoch = None,
        content_encoding: Encoding = None,
        traceparent: Trace = None,
    ) -> JSONResponse:
        """One upload a line (`schemas/published/mobile/`), of any kinds; 202 when at least one was taken, 422 with the verdicts when none.

        Sending again what was accepted changes nothing and is answered alike, so whoever got no answer sends once more.
        """
        await _check(parts, who, request, epoch)
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        lines = await run_in_threadpool(decompressed, await _whole(request), content_encoding)
        judged = await _judged(Push(who, str(epoch) if epoch else None, at, traceparent), lines)
        taken = [one.record for one in judged if one.record is not None]
        try:
            await parts.bus.send_all(taken)
        except (DeliveryFailed, Unreachable) as error:
            raise Problem(503, "bus_unavailable", "The bus does not take uploads now. Nothing is lost: send the same again.") from error
        _count(who.channel, judged)
        records = [one.verdict for one in judged]
        answer = {"accepted": len(taken), "rejected": len(records) - len(taken), "records": records}
        if not taken:
            raise Problem(422, "nothing_accepted", "No line of this body was taken; each has its verdict.", **answer)
        return JSONResponse(answer, 202)

    return router


async def _check(parts: Parts, who: Sender, request: Request, epoch: UUID | None) -> None:
    """Everything that can be said before the body is read."""
    if (request.headers.get("content-type") or _NDJSON).partition(";")[0].strip().lower() not in _TYPES:
        raise Problem(415, "type_unknown", f"Send lines of JSON as {_NDJSON}.")
    if who.device is not None:
        if epoch is None:
            raise Problem(422, "epoch_missing", "A device says in X-Device-Epoch which database its uploads are from.")
        await parts.pool.execute(SQL.seen, who.device)
    if await parts.pool.fetchrow(SQL.place, who.channel) is None:
        raise Problem(409, "channel_inactive", f"Channel {who.channel} has not been active yet: there is nowhere to put uploads.")


async def _whole(request: Request) -> bytes:
    try:
        return await request.body()
    except ClientDisconnect:
        raise Problem(400, "body_broken", "The body ended before its end.") from None


async def _judged(push: Push, body: bytes) -> Sequence[Judged]:
    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(body), _PIECE):
            yield body[at : at + _PIECE]

    judged: list[Judged] = []
    if len(body) > UPLOADS:
        raise too_large(UPLOADS)
    async for line in read_lines(pieces(), RECORD_LIMIT + 1, UPLOADS):
        if len(judged) == RECORDS:
            raise Problem(413, "too_many_records", f"A request has at most {RECORDS} records; send the rest in another.", limit=RECORDS)
        judged.append(judge(push, line))
    return judged


def _count(channel: str, judged: Sequence[Judged]) -> None:
    tally = Counter((one.kind, one.verdict["status"], one.verdict.get("code") or "") for one in judged)
    for (kind, status, code), count in tally.items():
        metrics.RECORDS.labels("gateway", channel, kind, status).inc(count)
        if code:
            metrics.REFUSALS.labels("gateway", channel, kind, code).inc(count)
