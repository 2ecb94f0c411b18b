"""Control's HTTP application, put together from its routes."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends
from fastapi.security import HTTPBearer

from services.control.cee import CeeAway
from services.control.parts import Parts
from services.control.routes import (
    audit,
    channels,
    clients,
    devices,
    due,
    explain,
    imports,
    processing_queues,
    queues,
    replays,
    results,
    runs,
    schedules,
    status,
    tokens,
    transfers,
)
from services.kernel.access import Access, Needs, roles_declared
from services.kernel.http import Api, add_probes, problem
from services.kernel.kafka import Unreachable
from services.kernel.logging import log

_ABOUT = (
    "Channels, their status, devices, due records and replays, and who did what. Errors are RFC 9457 problems with a stable `code`. "
    "Lists come in pages: `next` of one is `cursor` of the following. "
    "`x-ceebus-role` is the role a token needs: a viewer looks, an operator steers, an admin also sets up."
)
# only for the API's description: the check itself is the kernel's, with its own codes
_bearer = HTTPBearer(auto_error=False, description="an operator token")


def create_app(parts: Parts) -> Api:
    """The FastAPI application: routes, problems, probes, OpenAPI 3.1."""
    app = Api("ceebus control", _ABOUT)

    async def on_cee_away(_: Any, error: Exception) -> Any:
        return problem(503, "cee_unavailable", str(error))

    async def on_fault(_: Any, error: Exception) -> Any:
        log.error(f"{type(error).__name__}: {error}", action="request_failed")
        return problem(500, "internal_error", "This should not happen; the log knows more.")

    app.add_exception_handler(CeeAway, on_cee_away)
    app.add_exception_handler(Unreachable, transfers.on_kafka_away)
    app.add_exception_handler(Exception, on_fault)
    app.state.access = Access(parts.pool, parts.settings.operator_token)
    # everybody who is known may look; a route that changes something names a higher role in its signature
    guarded = APIRouter(prefix="/v1", dependencies=[Depends(_bearer), Depends(Needs("viewer"))])
    seen = (channels, status, explain, devices, clients, due, imports, results, queues, tokens, audit)
    for route in (*seen, runs, transfers, processing_queues, schedules, replays):
        guarded.include_router(roles_declared(route.routes(parts)))
    app.include_router(guarded)

    async def database() -> str | None:
        await parts.pool.fetchval("select count(*) from ceebus.migration")
        return None

    async def kafka() -> str | None:
        return parts.channels.kafka_problem()

    add_probes(app, {"database": database, "kafka": kafka})
    return app
