"""The device's side of the gateway's HTTP: tokens that renew themselves, streamed pages, contents, news.

Raises Refused for a problem the gateway states, Interrupted for everything that may be tried again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
import orjson

from services.sandbox.device.failures import Interrupted, Refused, problem_of, translated

_TIMEOUT = httpx.Timeout(30, connect=5)
_RENEW = frozenset({"token_expired"})
Body = bytes | AsyncIterator[bytes]


class Memory(Protocol):
    """Where a device keeps what it must not lose."""

    def recall(self, name: str) -> str | None: ...

    def remember(self, **values: str | None) -> None: ...


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a pull: raw rows, and its last line."""

    lines: list[bytes]
    cursor: str
    complete: bool
    full: tuple[str, ...]
    positions: dict[str, int]


class Client:
    """One device's connection; `memory` keeps its tokens over restarts."""

    def __init__(self, base_url: str, memory: Memory, epoch: str) -> None:
        self._memory = memory
        self._http = httpx.AsyncClient(base_url=base_url, timeout=_TIMEOUT, headers={"x-device-epoch": epoch})
        self._renewing = asyncio.Lock()
        self.on_answer: Callable[[str], None] = lambda _path: None  # raises Interrupted to lose the answer to a request
        self.on_body: Callable[[str, bytes], Body] = lambda _path, body: body  # a body that raises Interrupted is cut where it does

    async def close(self) -> None:
        await self._http.aclose()

    async def enrol(self, code: str, db_epoch: str, name: str | None) -> dict[str, Any]:
        answer = await self._post("/v1/enrolments", {"code": code, "db_epoch": db_epoch, "name": name})
        self._keep(answer)
        return answer

    async def ack(self, cursor: str) -> dict[str, Any]:
        answer: dict[str, Any] = (await self.request("POST", "/v1/ack", json={"cursor": cursor})).json()
        return answer

    async def push(self, body: bytes, encoding: str) -> dict[str, Any]:
        """The verdicts on NDJSON lines; Refused with `records` in its body where none was taken."""
        headers = {"content-type": "application/x-ndjson", "content-encoding": encoding}
        answer: dict[str, Any] = (await self.request("POST", "/v1/sync", headers, content=body)).json()
        return answer

    async def pages(self, cursor: str | None, groups: tuple[str, ...], **bounds: int) -> AsyncIterator[Page]:
        """The pages of one answer; each is whole or Interrupted is raised."""
        query: dict[str, Any] = {"groups": ",".join(groups), **bounds} | ({"cursor": cursor} if cursor else {})
        async with self._get("/v1/sync", query, {}) as response:
            rest, lines = b"", []
            async for chunk in _read(response):
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    if not line.startswith(b'{"cursor":'):
                        lines.append(line)
                        continue
                    last = orjson.loads(line)
                    if last["rows"] != len(lines):
                        raise Interrupted(f"a page of {last['rows']} rows arrived with {len(lines)}")
                    yield Page(lines, last["cursor"], last["complete"], tuple(last["full"]), last["positions"])
                    lines = []
            if rest or lines:
                raise Interrupted("the answer ended in the middle of a page")

    async def content(self, sha256: str, start: int) -> AsyncIterator[bytes]:
        """The content from byte `start` on; Refused 416 when there is nothing behind it."""
        headers = {"range": f"bytes={start}-", "accept-encoding": "identity"} if start else {"accept-encoding": "identity"}
        async with self._get(f"/v1/attachments/{sha256}", {}, headers) as response:
            if start and response.status_code != httpx.codes.PARTIAL_CONTENT:
                raise Interrupted("the gateway sent the whole content instead of the rest")
            async for chunk in _read(response):
                yield chunk

    async def news(self, last_id: str | None) -> AsyncIterator[str]:
        """Ids of events, until the stream ends."""
        headers = {"accept": "text/event-stream"} | ({"last-event-id": last_id} if last_id else {})
        async with self._get("/v1/news", {}, headers) as response:
            rest = b""
            async for chunk in _read(response):
                *whole, rest = (rest + chunk).split(b"\n")
                for line in whole:
                    if line.startswith(b"id: "):
                        yield line[4:].decode()

    @asynccontextmanager
    async def _get(self, path: str, query: dict[str, Any], headers: dict[str, str]) -> AsyncIterator[httpx.Response]:
        for attempt in (1, 2):
            with translated():
                request = self._http.build_request("GET", path, params=query, headers=headers | self._bearer())
                response = await self._http.send(request, stream=True)
            try:
                if response.is_success:
                    yield response
                    return
                async with asyncio.timeout(30):
                    await _body(response)
                found = problem_of(response)
                if attempt == 2 or not (isinstance(found, Refused) and found.code in _RENEW):
                    raise found
                await self._renew(request.headers["authorization"])
            finally:
                await response.aclose()

    async def request(self, method: str, path: str, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
        """An authorised request and its whole answer."""
        for attempt in (1, 2):
            bearer, sent = self._bearer(), body
            if "content" in body:  # its length is said in advance, so that the gateway knows of a cut
                sent = {"content": self.on_body(path, body["content"])}
                bearer = {**bearer, "content-length": str(len(body["content"]))}
            with translated():
                response = await self._http.request(method, path, headers=bearer | (headers or {}), **sent)
            self.on_answer(path)
            if response.is_success:
                return response
            found = problem_of(response)
            if attempt == 2 or not (isinstance(found, Refused) and found.code in _RENEW):
                raise found
            await self._renew(bearer["authorization"])
        raise AssertionError("unreachable")

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        with translated():
            response = await self._http.post(path, json=body)
        if not response.is_success:
            raise problem_of(response)
        answer: dict[str, Any] = response.json()
        return answer

    def _bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._memory.recall('access_token') or 'none'}"}

    async def _renew(self, used: str) -> None:
        """New tokens, unless another request has renewed them meanwhile. A lost answer is repeated once, within the grace."""
        async with self._renewing:
            if self._bearer()["authorization"] != used:
                return
            body = {"refresh_token": self._memory.recall("refresh_token") or ""}
            try:
                answer = await self._post("/v1/token", body)
            except Interrupted:
                answer = await self._post("/v1/token", body)
            self._keep(answer)

    def _keep(self, answer: dict[str, Any]) -> None:
        self._memory.remember(**{name: str(answer[name]) for name in ("device_id", "channel", "rep", "access_token", "refresh_token")})


async def _read(response: httpx.Response) -> AsyncIterator[bytes]:
    with translated():
        async for chunk in response.aiter_bytes():
            yield chunk


async def _body(response: httpx.Response) -> None:
    with translated():
        await response.aread()
