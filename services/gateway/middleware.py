"""Pure ASGI middleware around the whole app: request id, body limit, slow clients, errors nobody expected."""

from __future__ import annotations

import asyncio
import re
import uuid

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.files import LARGEST
from services.gateway.bodies import UPLOADS, Streamed, too_large
from services.kernel.http import Problem, problem
from services.kernel.logging import log

BODY_BYTES = 64 * 1024  # no other request of a device is larger than a cursor
BODY_SECONDS = 30.0
UPLOAD_SECONDS = 120.0
# bodies that their routes read as they come: method and path, and bytes on the wire
STREAMED = ((("POST", "/v1/sync"), UPLOADS), (("PATCH", "/v1/files/"), LARGEST))
SEND_SECONDS = 60.0  # a client that takes nothing for so long is gone
_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")


class Disconnected(Exception):
    """The client went away before its request was whole."""


class Guarded:
    """Wraps an app; every answer carries `x-request-id`, the client's own when it is a plain one."""

    def __init__(
        self, app: ASGIApp, body_seconds: float = BODY_SECONDS, send_seconds: float = SEND_SECONDS, upload_seconds: float = UPLOAD_SECONDS
    ) -> None:
        self._app, self._body_seconds, self._send_seconds, self._upload_seconds = app, body_seconds, send_seconds, upload_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id = _request_id(headers)
        streamed = self._streamed(scope, receive)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                if streamed is not None:
                    await streamed.drain()
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
            async with asyncio.timeout(self._send_seconds):
                await send(message)

        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            await self._app(scope, streamed.receive if streamed else await self._whole(headers, receive), answer)
        except Problem as refused:
            await problem(refused.status, refused.code, refused.detail, **refused.extra)(scope, receive, answer)
        except Disconnected:
            pass
        except Exception as error:
            # a failed answer is sent, and then the framework raises. One that broke off in the middle is closed without an end:
            # the client sees a broken answer, never a short one
            log.warning(f"{type(error).__name__}: {error}", action="answer_ended", path=scope["path"])
        finally:
            structlog.contextvars.unbind_contextvars("request_id")

    def _streamed(self, scope: Scope, receive: Receive) -> Streamed | None:
        for (method, path), limit in STREAMED:
            if scope["method"] == method and (scope["path"] == path or (path.endswith("/") and scope["path"].startswith(path))):
                return Streamed(receive, limit, self._upload_seconds)
        return None

    async def _whole(self, headers: dict[bytes, bytes], receive: Receive) -> Receive:
        """The request's body, read up to the limit in the time allowed, as a `receive` that has it ready."""
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > BODY_BYTES:
            raise too_large(BODY_BYTES)
        if length == b"0" and b"transfer-encoding" not in headers:
            return receive
        body = b""
        try:
            async with asyncio.timeout(self._body_seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Disconnected
                    body += message.get("body", b"")
                    if len(body) > BODY_BYTES:
                        raise too_large(BODY_BYTES)
                    if not message.get("more_body"):
                        break
        except TimeoutError:
            raise Problem(408, "body_too_slow", f"The body did not arrive within {self._body_seconds:g} seconds.") from None
        ready: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def replay() -> Message:
            return ready.pop() if ready else await receive()

        return replay


def _request_id(headers: dict[bytes, bytes]) -> str:
    given = headers.get(b"x-request-id", b"").decode("latin-1")
    return given if _ID.match(given) else uuid.uuid4().hex
