"""Files on their way to the gateway by tus 1.0: in chunks, resumed behind the last byte that arrived, after a restart too.

Used by uploads.py. Spoken with httpx, as everything of the device: a library would bring a second HTTP client for three requests.
"""

from __future__ import annotations

import asyncio
import base64
from urllib.parse import urlsplit

from services.sandbox.device.client import Client
from services.sandbox.device.failures import Interrupted, Refused, pause
from services.sandbox.device.files import Files
from services.sandbox.device.store import ANSWERS as SQL
from services.sandbox.device.store import Store

CHUNK = 256 * 1024
_TUS = {"tus-resumable": "1.0.0"}
_GONE = frozenset({404, 410})
_CONFLICT = 409
_NEVER = frozenset({400, 413, 415, 422})


async def send_all(store: Store, client: Client, files: Files, attempts: int) -> tuple[int, int]:
    """Sends what is to be sent; returns how many were stored and how many requests were not answered. Raises Interrupted, Refused."""
    stored = repeated = 0
    for source_id, sha256, filename, url in store.fetch(SQL.files):
        sending = _Sending(store, client, (source_id, sha256), filename, files.path(sha256).read_bytes())
        sending.url = url
        repeated += await _until_sent(sending, attempts)
        stored += sending.state == "stored"
    return stored, repeated


async def _until_sent(sending: _Sending, attempts: int) -> int:
    """An attempt that gets some bytes over does not count as a failure."""
    failures = repeated = 0
    while True:
        before = sending.offset
        try:
            await sending.go_on()
            return repeated
        except Interrupted:
            repeated += 1
            failures = 1 if sending.offset > before else failures + 1
            if failures >= attempts:
                raise
            await asyncio.sleep(pause(failures))


class _Sending:
    """One content, of which the gateway has `offset` bytes as far as we know."""

    def __init__(self, store: Store, client: Client, place: tuple[str, str], filename: str, content: bytes) -> None:
        self._store, self._client, self._place, self._filename, self._content = store, client, place, filename, content
        self.url: str | None = None
        self.offset = 0
        self.state = "new"

    async def go_on(self) -> None:
        """Until it is stored or refused; raises Interrupted, and Refused for what is not about this content."""
        try:
            await self._ask()
            while self.offset < len(self._content):
                await self._send_chunk()
            self._settle("stored", None)
        except Refused as refused:
            if refused.status not in _NEVER:
                raise
            self._settle("refused", refused.code)

    async def _ask(self) -> None:
        """How far the gateway is; what it has forgotten begins anew."""
        if self.url is not None:
            try:
                answer = await self._client.request("HEAD", self.url, headers=_TUS)
                self.offset = int(answer.headers["upload-offset"])
                return
            except Refused as refused:
                if refused.status not in _GONE:
                    raise
        source_id, sha256 = self._place
        said = {"source_id": source_id, "sha256": sha256, "filename": self._filename}
        metadata = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items())
        headers = _TUS | {"upload-length": str(len(self._content)), "upload-metadata": metadata}
        answer = await self._client.request("POST", "/v1/files", headers=headers)
        self.url = urlsplit(answer.headers["location"]).path
        self.offset = int(answer.headers.get("upload-offset", 0))  # all of it where the gateway has the content already
        self._store.change((SQL.file_at, (*self._place, self.url)))

    async def _send_chunk(self) -> None:
        assert self.url is not None
        headers = _TUS | {"upload-offset": str(self.offset), "content-type": "application/offset+octet-stream"}
        chunk = self._content[self.offset : self.offset + CHUNK]
        try:
            answer = await self._client.request("PATCH", self.url, headers=headers, content=chunk)
        except Refused as refused:
            if refused.status == _CONFLICT:  # it has more or less than we know of: an answer was lost
                raise Interrupted("the gateway is at another offset") from refused
            raise
        self.offset = int(answer.headers["upload-offset"])

    def _settle(self, state: str, code: str | None) -> None:
        self.state = state
        self._store.change((SQL.file_state, (*self._place, state, code)))
        if state == "refused":
            self._store.change((SQL.refused_file, (self._place[0], code)))
