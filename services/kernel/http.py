"""What every HTTP surface of ceebus shares: problem+json, probes, metrics, a server that stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from services.kernel.postgres import ConnectionLost, Unreachable

_METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})
Check = Callable[[], Awaitable[str | None]]


class ProblemBody(BaseModel):
    """RFC 9457; `code` is stable, texts may improve."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str


class Api(FastAPI):
    """An application whose errors are problems, in its description too; that is made when it is first asked for."""

    def __init__(self, title: str, about: str) -> None:
        super().__init__(title=title, version="1", description=about, redirect_slashes=False)
        install(self)

    def openapi(self) -> dict[str, Any]:
        made = super().openapi()
        schemas = made["components"]["schemas"]
        if "ProblemBody" not in schemas:
            schemas["ProblemBody"] = ProblemBody.model_json_schema()
            for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own form of errors
                schemas.pop(name, None)
        return made


_HOUR = 3600
Seconds = Annotated[int, Query(ge=0, le=_HOUR, description="how long the stream may last; then connect again")]
LONGEST: Seconds = _HOUR


def event_stream(name: str, description: str) -> dict[int | str, dict[str, Any]]:
    """The description of server-sent events of one name. Below OpenAPI 3.2 readers take a stream's schema as that of one event."""
    fields = {"id": {"type": "string"}, "event": {"const": name}, "data": {"type": "string", "contentMediaType": "application/json"}}
    schema = {"type": "object", "properties": fields, "required": list(fields)}
    return {200: {"description": description, "content": {"text/event-stream": {"schema": schema}}}}


class Problem(Exception):
    """RFC 9457: answered as problem+json with type `urn:ceebus:problem:<code>`; `code` is stable, the text may improve."""

    def __init__(self, status: int, code: str, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.extra = status, code, detail, extra


def problem(status: int, code: str, detail: str, **extra: Any) -> JSONResponse:
    """A problem+json answer."""
    body = {
        "type": f"urn:ceebus:problem:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "code": code,
        "detail": detail,
        **extra,
    }
    headers = {"retry-after": "2"} if status == 503 else {"www-authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(body, status, media_type="application/problem+json", headers=headers)


def install(app: FastAPI) -> None:
    """Makes every error of an app a problem+json, framework's own included."""

    async def on_problem(_: Request, error: Any) -> Response:
        return problem(error.status, error.code, error.detail, **error.extra)

    async def on_http(request: Request, error: Any) -> Response:
        codes = {404: "not_found", 405: "method_not_allowed", 401: "unauthenticated", 403: "forbidden"}
        answer = problem(error.status_code, codes.get(error.status_code, "refused"), str(error.detail))
        answer.headers.update(error.headers or {})
        if error.status_code == 405:
            named = {name.strip() for name in answer.headers.get("allow", "").split(",") if name.strip()}
            answer.headers["allow"] = ", ".join(sorted(named | _methods(app, request)))
        return answer

    async def on_invalid(_: Request, error: Any) -> Response:
        faults = [{"field": ".".join(str(part) for part in e["loc"]), "message": e["msg"]} for e in error.errors()]
        return problem(422, "request_invalid", "The request does not have the form of the API's description.", errors=faults)

    async def on_database(_: Request, error: Any) -> Response:
        return problem(503, "database_unavailable", "The database does not answer. The request may be repeated.")

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    for lost in (*ConnectionLost, Unreachable, TimeoutError):
        app.add_exception_handler(lost, on_database)


def _methods(app: FastAPI, request: Request) -> set[str]:
    """All methods of a path by the API's own description; the framework names those of its first route only."""
    described = app.openapi()["paths"].items()
    matching = (operations for template, operations in described if compile_path(template)[0].match(request.url.path))
    return {name.upper() for operations in matching for name in operations if name in _METHODS}


def add_probes(app: FastAPI, checks: dict[str, Check]) -> None:
    """`/livez`: the loop turns. `/readyz`: each check answers None or what is wrong. `/metrics`: Prometheus."""

    @app.get("/livez", tags=["operations"])
    async def livez() -> dict[str, str]:
        """The process runs."""
        return {"status": "ok"}

    @app.get("/readyz", tags=["operations"])
    async def readyz() -> Response:
        """Each part the role stands on."""
        found: dict[str, str] = {}
        for name, check in checks.items():
            try:
                async with asyncio.timeout(2):
                    found[name] = await check() or "ok"
            except Exception as error:
                found[name] = f"{type(error).__name__}: {error}"
        return JSONResponse(found, 200 if all(value == "ok" for value in found.values()) else 503)

    @app.get("/metrics", tags=["operations"], response_class=Response)
    async def metrics() -> Response:
        """Prometheus text format."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def serve_http(app: Any, host: str, port: int, stop: asyncio.Event) -> None:
    """Serves until `stop`; open streams must end by themselves when it is set. Raises OSError when the port is taken."""
    config = uvicorn.Config(
        app, host=host, port=port, log_level="warning", access_log=False, timeout_graceful_shutdown=5, lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    server.capture_signals = nullcontext  # type: ignore[method-assign,assignment]  # the role owns them
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server.should_exit = True
    try:
        await serving
    except SystemExit:
        raise OSError(f"cannot listen on {host}:{port}; is another ceebus running there?") from None
