"""A gateway with the topics of its channel behind it, and what a test reads of them. Used by the tests of pushes and files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson

from schemas import topics
from schemas.mobile.registry import MOBILE
from services.kernel import tokens
from services.kernel.kafka import Record
from services.kernel.kafka_admin import ensure_topics
from services.kernel.kafka_read import follow
from services.kernel.settings import Settings
from tests.integration.gateway_world import World, article, raw, world

NDJSON = {"content-type": "application/x-ndjson"}


@dataclass
class Pushing:
    """One device's client at the gateway, and its channel's topics."""

    here: World
    http: httpx.AsyncClient
    device: str
    epoch: str

    async def push(self, *lines: dict[str, Any] | bytes, **headers: str) -> httpx.Response:
        body = b"\n".join(line if isinstance(line, bytes) else orjson.dumps(line) for line in lines)
        return await self.http.post("/v1/sync", content=body, headers=NDJSON | headers)

    async def stored(self, kind: str = "visits") -> list[Record]:
        """Everything that lies in the kind's topic."""
        found: list[Record] = []
        reading = follow(self.here.settings.kafka, topics.mobile(self.here.channel, kind), "test")
        with suppress(StopAsyncIteration):
            async for records in reading:
                if not records:
                    break
                found += records
        await reading.aclose()  # type: ignore[attr-defined]
        return found

    async def client(self) -> tuple[str, httpx.AsyncClient]:
        """(id, http) of a back-office app."""
        made, token = f"m-{uuid4().hex[:8]}", tokens.new_token(tokens.CLIENT)
        statement = "insert into ceebus.client(id, channel, name, token_hash) values($1, $2, 'office', $3)"
        await self.here.pool.execute(statement, made, self.here.channel, tokens.token_hash(token))
        return made, httpx.AsyncClient(base_url=self.here.url, headers={"authorization": f"Bearer {token}"}, timeout=30)


def record(kind: str = "visits", **fields: Any) -> dict[str, Any]:
    """An upload as a device writes it: without what the gateway stamps."""
    example: dict[str, Any] = MOBILE[kind].example  # type: ignore[attr-defined]
    stamped = ("channel", "client", "device_id", "client_id", "db_epoch", "rep")
    return {name: value for name, value in example.items() if name not in stamped} | {"source_id": str(uuid4())} | fields


@asynccontextmanager
async def pushing(settings: Settings, channel: str, folder: Path) -> AsyncIterator[Pushing]:
    await ensure_topics(settings.kafka, topics.declared(channel))
    async with world(settings, channel) as here:
        await here.put(article("A1"))
        async with await here.device(folder) as device, raw(here, device) as http:
            http.timeout = 30
            yield Pushing(here, http, device.store.recall("device_id") or "", device.store.recall("db_epoch") or "")
