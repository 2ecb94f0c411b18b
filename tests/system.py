"""The whole export direction as processes on the session's stack: what a test changes in CEE's tables must reach a device.

`system` (see conftest.py) runs every role once; each test gets a channel with a company of its own (tests/company).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson

from schemas.topics import KINDS
from services.kernel.postgres import Pool
from services.kernel.settings import Settings
from services.sandbox.device.device import Device
from services.sandbox.supervisor import Supervisor
from tests.stack import eventually

COMPANY = Path(__file__).parent / "company"
# what a company's first snapshot brings to R1, attachments excepted
FIRST = {
    ("master-data", "warehouses/W@"),
    ("master-data", "customer-discounts/CD@"),
    ("sales-reps", "R1@"),
    ("partners", "P1@"),
    ("partners", "P2@"),
    ("articles", "A1@"),
    ("article-categories", "D@"),
    ("availability", "A1@/W@/O@"),
    ("price-lists", "L@"),
    ("price-lists", "L@/A1@/PCS/0/2026-01-01"),
    ("sales-documents", "ZS/1@"),
}
ROLES = ("source", "exporter", "feed", "gateway", "importer", "writer", "control")


@dataclass
class System:
    """The running roles and ways into both databases."""

    settings: Settings
    supervisor: Supervisor
    cee: Pool
    ours: Pool
    http: httpx.AsyncClient
    environment: Mapping[str, str]
    homes: Path
    _devices: int = field(default=0)
    _companies: int = field(default=0)

    async def company(self, channel: str, *, active: bool = True) -> None:
        """Lays down a company of its own for the channel."""
        await self.cee.execute((COMPANY / "dictionaries.sql").read_text())
        await self.change(channel, (COMPANY / "company.sql").read_text())
        if active:
            await self.change(channel, "update cee.channel set active = true where id = '@'")

    @asynccontextmanager
    async def other_company(self) -> AsyncIterator[str]:
        """A further company that is completely in the feed."""
        self._companies += 1
        channel = f"S{self._companies:02}"
        await self.company(channel)
        await self.in_feed(channel, "sales-documents", "ZS/1@")
        await eventually(
            lambda: self.ours.fetchval("select count(*) = 2 from ceebus.feed where channel = $1 and kind = 'attachments'", channel)
        )
        yield channel

    async def change(self, channel: str, sql: str) -> None:
        """Runs SQL on CEE's tables in one transaction; `@` is the channel's id."""
        async with self.cee.acquire() as connection, connection.transaction():
            await connection.execute(sql.replace("@", channel))

    async def feed(self, channel: str, kind: str, key: str) -> dict[str, Any] | None:
        """An object's row of the feed; None where there is none or it was removed."""
        row = await self.ours.fetchrow(
            "select op, body, audience, position, removed from ceebus.feed where channel = $1 and kind = $2 and key = $3",
            channel,
            kind,
            key.replace("@", channel),
        )
        if row is None or row["removed"]:
            return None
        return {**orjson.loads(row["body"]), "audience": row["audience"], "position": row["position"]}

    async def due(self, channel: str) -> dict[tuple[str, str], str]:
        rows = await self.ours.fetch("select kind, key, code from ceebus.due where channel = $1", channel)
        return {(row["kind"], row["key"]): row["code"] for row in rows}

    async def in_feed(self, channel: str, kind: str, key: str, within: float = 30) -> dict[str, Any]:
        found = await eventually(lambda: self.feed(channel, kind, key), within=within)
        assert found is not None
        return found

    async def settled(self, channel: str) -> None:
        """Returns when nothing is on its way from CEE to the feed."""

        async def nothing_is() -> bool:
            answer = await self.http.get(f"/v1/channels/{channel}/lag")
            return bool(answer.json()["settled"])

        await eventually(nothing_is, within=60, every=0.1)

    @asynccontextmanager
    async def device(self, channel: str, rep: str) -> AsyncIterator[Device]:
        """An enrolled device of a rep, `@` in whose number is the channel's id."""
        answer = await self.http.post("/v1/devices", json={"channel": channel, "rep": rep.replace("@", channel)})
        assert answer.status_code == 201, answer.text
        self._devices += 1
        async with Device(self.settings.gateway.url, self.homes / f"device{self._devices}.db") as device:
            await device.enrol(answer.json()["code"])
            yield device


def held(device: Device) -> dict[tuple[str, str], dict[str, Any]]:
    """What a device has in use, by kind and key."""
    return {(kind, key): body for kind in KINDS for key, body in device.rows(kind).items()}
