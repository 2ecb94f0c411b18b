"""The source's HTTP surface: ingest of changes and contents for kinds that come from no view, probes and metrics."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI

from services.kernel.blobs import BlobStore
from services.kernel.http import add_probes, install, serve_http
from services.kernel.kafka import Producer
from services.kernel.postgres import Pool
from services.kernel.settings import Settings
from services.source.surroundings import Surroundings
from services.source.watch import Watch

STALE_S = 10.0


def make_app(around: Surroundings, watch: Watch, out: Producer, store: BlobStore) -> FastAPI:
    """Routes are under /v1; everything but the probes needs the operator's token."""
    app = FastAPI(title="ceebus source", version="1", docs_url=None, redoc_url=None)
    install(app)

    async def channels() -> str | None:
        late = asyncio.get_running_loop().time() - watch.answered_at
        return None if late < STALE_S else f"CEE has not answered for {late:.0f} s"

    add_probes(app, {"cee": _answers(around.cee), "database": _answers(around.ours), "channels": channels})
    return app


def _answers(pool: Pool):  # type: ignore[no-untyped-def]
    async def check() -> str | None:
        return None if await pool.fetchval("select true") else "no answer"

    return check


async def serve_ingest(app: FastAPI, settings: Settings, stop: asyncio.Event) -> None:
    """Until `stop`."""
    await serve_http(app, settings.source.host, settings.source.port, stop)
