"""The gateway's HTTP application, put together from its routes."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response
from starlette.types import ASGIApp

from services.gateway.middleware import Guarded
from services.gateway.parts import Parts, identifier, sending
from services.gateway.routes import attachments, enrolment, files, news, push, results, sync
from services.kernel.http import Api, add_probes, problem
from services.kernel.logging import log

_ABOUT = (
    "Devices enrol, pull the feed of their sales channel and acknowledge it; they and the back-office app upload records and hear what "
    "became of them. Errors are RFC 9457 problems with a stable `code`."
)


def describe(parts: Parts) -> Api:
    """The FastAPI application: routes, problems, probes, OpenAPI 3.1."""
    app = Api("ceebus gateway", _ABOUT)
    app.add_exception_handler(Exception, unexpected)
    identify = identifier(parts)
    app.include_router(enrolment.routes(parts))
    for route in (sync, attachments, news):
        app.include_router(route.routes(parts, identify))
    senders = sending(parts)
    for uploading in (push, files, results):
        app.include_router(uploading.routes(parts, senders))

    async def database() -> str | None:
        await parts.pool.fetchval("select 1")
        return None

    add_probes(app, {"database": database})
    return app


async def unexpected(request: Request, error: Exception) -> Response:
    """The answer to what nobody foresaw; the request id finds it in the log."""
    log.error(f"{type(error).__name__}: {error}", action="request_failed", path=request.url.path, exc_info=error)
    return problem(500, "internal_error", "This should not happen. The log knows more under the request id.")


def create_app(parts: Parts) -> ASGIApp:
    """What the server serves."""
    return Guarded(describe(parts))
