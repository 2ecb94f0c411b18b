"""The source's HTTP surface: ingest of changes and contents for kinds that come from no view, probes and metrics."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Any

from fastapi import Depends, FastAPI, Request

from schemas.topics import KINDS
from services.kernel.access import Access, Needs
from services.kernel.blobs import BlobStore
from services.kernel.http import Check, Problem, add_probes, install, serve_http
from services.kernel.kafka import DeliveryFailed, Producer
from services.kernel.kafka import Unreachable as KafkaUnreachable
from services.kernel.ndjson import BodyTooLarge
from services.kernel.postgres import Pool, Queries
from services.kernel.settings import Settings
from services.kernel.signatures import CONTENT_LIMIT
from services.source.ingest import BODY_LIMIT, Ingest, Report
from services.source.lines import Judge
from services.source.surroundings import Surroundings
from services.source.watch import Watch

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
STALE_S = 10.0
PIECE = 1 << 18


def make_app(around: Surroundings, watch: Watch, out: Producer, store: BlobStore) -> FastAPI:
    """Routes are under /v1; everything but the probes needs an operator's token."""
    app = FastAPI(title="ceebus source", version="1", docs_url=None, redoc_url=None)
    install(app)
    ingest = Ingest(around, out)
    app.state.access = Access(around.ours, around.settings.operator_token)
    operator = [Depends(Needs("operator"))]

    @app.post("/v1/channels/{channel}/changes/{kind}", dependencies=operator)
    async def changes(channel: str, kind: str, request: Request, all_or_nothing: bool = False) -> dict[str, Any]:
        """NDJSON, one object a line as the published schema of the kind says; `{"key": ..., "op": "delete"}` removes."""
        await _must_ingest(around, channel, kind)
        judge = Judge(channel, kind, store)
        try:
            with tempfile.SpooledTemporaryFile(max_size=8 << 20) as spool:
                report = await _take(ingest, channel, kind, judge, (request, spool if all_or_nothing else None))
        except BodyTooLarge:
            raise Problem(413, "body_too_large", f"A request may have {BODY_LIMIT} bytes; send the lines in several.") from None
        except (DeliveryFailed, KafkaUnreachable) as error:
            raise Problem(503, "bus_unavailable", f"The bus does not take records. The request may be repeated. {error}") from error
        return {"accepted": report.accepted, "rejected": report.rejected, "lines": report.lines}

    @app.put("/v1/channels/{channel}/content", dependencies=operator)
    async def content(channel: str, request: Request) -> dict[str, Any]:
        """An attachment's bytes, stored before the line that names their `sha256`."""
        await _must_ingest(around, channel, "attachments")
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > CONTENT_LIMIT:
                raise Problem(413, "attachment_too_large", f"A file may have {CONTENT_LIMIT} bytes.", limit=CONTENT_LIMIT)
        if not body:
            raise Problem(422, "content_missing", "The request has no content.")
        return {"sha256": await store.put(bytes(body)), "size": len(body)}

    add_probes(app, {"cee": _answers(around.cee), "database": _answers(around.ours), "channels": _watched(watch)})
    return app


async def _take(ingest: Ingest, channel: str, kind: str, judge: Judge, body: tuple[Request, IO[bytes] | None]) -> Report:
    """With a spool all lines are judged before the first is published."""
    request, spool = body
    if spool is None:
        return await ingest.take(channel, judge, kind, request.stream())
    report = await ingest.check(channel, judge, kind, _copied(request.stream(), spool))
    if report.rejected:
        return report
    spool.seek(0)
    return await ingest.take(channel, judge, kind, _pieces(spool))


async def _copied(parts: AsyncIterator[bytes], spool: IO[bytes]) -> AsyncIterator[bytes]:
    async for part in parts:
        spool.write(part)
        yield part


async def _pieces(spool: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := spool.read(PIECE):
        yield piece


async def _must_ingest(around: Surroundings, channel: str, kind: str) -> None:
    """Raises Problem where the channel or kind is unknown, the channel inactive, or CEE itself is the source."""
    if kind not in KINDS:
        raise Problem(404, "kind_unknown", f"There is no kind {kind}. Kinds: {', '.join(KINDS)}.", value=kind)
    known = await around.cee.fetchrow(QUERIES.channel_settings, channel)
    if known is None:
        raise Problem(404, "channel_unknown", f"CEE has no channel {channel}.", value=channel)
    if not known["active"]:
        raise Problem(409, "channel_inactive", f"Channel {channel} is inactive; nothing is transferred.", channel=channel)
    ingested = {row["kind"] for row in await around.ours.fetch(QUERIES.ingested_kinds, channel)}
    if kind not in ingested:
        raise Problem(409, "source_is_cee", f"The source of {kind} in channel {channel} is CEE itself. Change that before lines are sent.")


def _answers(pool: Pool) -> Check:
    async def check() -> str | None:
        return None if await pool.fetchval("select true") else "no answer"

    return check


def _watched(watch: Watch) -> Check:
    async def check() -> str | None:
        late = asyncio.get_running_loop().time() - watch.answered_at
        return None if late < STALE_S else f"CEE has not answered for {late:.0f} s"

    return check


async def serve_ingest(app: FastAPI, settings: Settings, stop: asyncio.Event) -> None:
    """Until `stop`."""
    await serve_http(app, settings.source.host, settings.source.port, stop)
