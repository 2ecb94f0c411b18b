"""What the demo asks the running system: how far the first snapshot is, whether all is quiet, who the reps are."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from services.kernel.postgres import Pool, Queries
from services.kernel.settings import Settings

SQL = Queries(Path(__file__).with_name("queries.sql"))


class NotQuiet(Exception):
    """The system did not come to rest in time; the text says what was still on its way."""


class Running:
    """One channel of the running system, seen through control's API and both databases."""

    def __init__(self, settings: Settings, channel: str, ours: Pool, cee: Pool) -> None:
        self.settings, self.channel, self.ours, self.cee = settings, channel, ours, cee
        self.http = httpx.AsyncClient(
            base_url=settings.control.url, headers={"authorization": f"Bearer {settings.operator_token}"}, trust_env=False, timeout=30
        )

    async def status(self) -> dict[str, Any]:
        answer = await self.http.get(f"/v1/channels/{self.channel}/status")
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    async def activate(self) -> None:
        await self.cee.execute(SQL.activate, self.channel)

    async def snapshot(self, report: Callable[[str, int, int | None], None], within: float = 600) -> None:
        """Returns when the first snapshot of all kinds is on the bus; `report(kind, done, total)` meanwhile. Raises NotQuiet."""
        deadline = time.monotonic() + within
        while True:
            rows = await self.cee.fetch(SQL.snapshots, self.channel)
            for row in rows:
                report(row["kind"], row["done"], row["total"])
            if rows and all(row["state"] == "done" for row in rows):
                return
            if time.monotonic() > deadline:
                raise NotQuiet("the first snapshot did not end: " + ", ".join(f"{row['kind']} {row['state']}" for row in rows))
            await asyncio.sleep(0.1)

    async def quiet(self, within: float = 120) -> None:
        """Returns once nothing is on its way from CEE to the feed or back, twice in a row. Raises NotQuiet."""
        deadline, calm = time.monotonic() + within, 0
        while calm < 2:
            answer = await self.http.get(f"/v1/channels/{self.channel}/lag")
            answer.raise_for_status()
            found = answer.json()
            calm = calm + 1 if found["settled"] else 0
            if time.monotonic() > deadline:
                raise NotQuiet(f"still on its way: {found}")
            await asyncio.sleep(0.1)

    async def reps(self, count: int) -> list[str]:
        """Reps whose devices differ: those with most documents of their own first."""
        return [row["rep"] for row in await self.ours.fetch(SQL.reps, self.channel, count)]

    async def code(self, rep: str) -> str:
        answer = await self.http.post("/v1/devices", json={"channel": self.channel, "rep": rep, "name": f"demo {rep}"})
        answer.raise_for_status()
        return str(answer.json()["code"])

    async def client_token(self, name: str) -> str:
        """A token for the back-office app."""
        answer = await self.http.post("/v1/clients", json={"channel": self.channel, "name": name})
        answer.raise_for_status()
        return str(answer.json()["token"])

    async def today(self) -> date:
        """The channel's day, as CEE has it."""
        found: date = await self.cee.fetchval(SQL.today, self.channel)
        return found

    async def imports(self) -> list[dict[str, Any]]:
        """Control's figures of the uploads, kind by kind."""
        answer = await self.http.get(f"/v1/channels/{self.channel}/imports")
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["kinds"]
        return found

    async def in_feed(self, rep: str) -> dict[str, int]:
        return {row["kind"]: row["count"] for row in await self.ours.fetch(SQL.in_feed, self.channel, rep)}
