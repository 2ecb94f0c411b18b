"""Pure ASGI middleware around the whole app: request id, body limit, slow clients, errors nobody expected."""

from __future__ import annotations

import asyncio
import re
import uuid
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.kernel.http import problem
from services.kernel.logging import log

BODY_BYTES = 64 * 1024  # no device request of the export side is larger than a cursor
SEND_SECONDS = 60.0  # a client that takes nothing for so long is gone
_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")


class BodyTooLarge(Exception):
    """Raised inside the app while it reads a body without Content-Length that grows over the limit."""


class Guarded:
    """Wraps an app; every answer carries `x-request-id`, the client's own when it is a plain one."""

    def __init__(self, app: ASGIApp, send_seconds: float = SEND_SECONDS) -> None:
        self._app, self._send_seconds = app, send_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id = _request_id(headers)
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
            async with asyncio.timeout(self._send_seconds):
                await send(message)

        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self._pass_on(scope, receive, answer, headers)
        except Exception as error:
            # after a failed answer the framework raises as well. One that broke off in the middle is closed without an end:
            # the client sees a broken answer, never a short one
            log.warning(f"{type(error).__name__}: {error}", action="answer_ended", path=scope["path"], begun=started)
        finally:
            structlog.contextvars.unbind_contextvars("request_id")

    async def _pass_on(self, scope: Scope, receive: Receive, answer: Send, headers: dict[bytes, bytes]) -> None:
        too_large = problem(413, "body_too_large", f"A body has at most {BODY_BYTES} bytes.")
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > BODY_BYTES:
            await too_large(scope, receive, answer)
            return
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > BODY_BYTES:
                raise BodyTooLarge
            return message

        try:
            await self._app(scope, limited, answer)
        except BodyTooLarge:
            await too_large(scope, receive, answer)


def _request_id(headers: dict[bytes, bytes]) -> str:
    given: Any = headers.get(b"x-request-id", b"").decode("latin-1")
    return given if _ID.match(given) else uuid.uuid4().hex
