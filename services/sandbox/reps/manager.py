"""A manager in the back-office app: enters prospects and plans visits for reps, and asks what became of it.

A client with a token of its own and no database; it sends until it has an answer and keeps what it was told.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import orjson

from services.sandbox.device.failures import Interrupted, Refused, pause, problem_of, translated
from services.sandbox.reps.day import Made

ATTEMPTS = 8


class Manager:
    """`token` of `ceebus client add`. Answers by (source_id, revision)."""

    def __init__(self, base_url: str, token: str) -> None:
        self._http = httpx.AsyncClient(base_url=base_url, headers={"authorization": f"Bearer {token}"}, timeout=30, trust_env=False)
        self._cursor: str | None = None
        self.sent: dict[tuple[str, int], str] = {}  # -> kind
        self.answers: dict[tuple[str, int], dict[str, Any]] = {}

    async def close(self) -> None:
        await self._http.aclose()

    async def send(self, rep: str, *made: Made, revision: int = 1) -> list[dict[str, Any]]:
        """Uploads for this rep; returns the gateway's verdicts. Raises Refused, Interrupted."""
        lines = [{"kind": one.kind, "source_id": one.source_id, "revision": revision, "rep": rep, **one.body} for one in made]
        body = b"\n".join(map(orjson.dumps, lines)) + b"\n"
        try:
            answer = (await self._request("POST", "/v1/sync", content=body, headers={"content-type": "application/x-ndjson"})).json()
        except Refused as refused:
            if "records" not in refused.body:
                raise
            answer = refused.body
        found: list[dict[str, Any]] = answer["records"]
        self.sent |= {(one.source_id, revision): one.kind for one in made}
        return found

    async def listen(self) -> None:
        """Takes the answers that are new."""
        complete = False
        while not complete:
            query = {"cursor": self._cursor} if self._cursor else {}
            page = (await self._request("GET", "/v1/results", params=query)).json()
            self.answers |= {(answer["source_id"], answer["revision"]): answer for answer in page["items"]}
            self._cursor, complete = page["cursor"], page["complete"]

    def open(self) -> list[tuple[str, int]]:
        """What has no final answer yet."""
        return [place for place in self.sent if not self.answers.get(place, {}).get("final")]

    async def _request(self, method: str, path: str, **more: Any) -> httpx.Response:
        for failures in range(1, ATTEMPTS + 1):
            try:
                with translated():
                    response = await self._http.request(method, path, **more)
                if response.is_success:
                    return response
                raise problem_of(response)
            except Interrupted:
                if failures == ATTEMPTS:
                    raise
                await asyncio.sleep(pause(failures))
        raise AssertionError("unreachable")
