"""A live control on real databases and Kafka, with a company in CEE and rows that the test writes as the roles would."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from services.control.__main__ import serve
from services.kernel.postgres import Pool, pool
from services.kernel.settings import Settings, read_settings
from services.launch import execute
from services.sandbox.supervisor import supervised
from tests.stack import eventually

COMPANY = Path(__file__).parents[1] / "company"
PUT = """
insert into ceebus.feed(channel, kind, key, objectversion, op, body, removed, position, topic_partition, topic_offset)
values($1, $2, $3, 1, $4, $7, $5, $6, 0, 0)"""
DUE = """
insert into ceebus.due(channel, kind, key, objectversion, outcome, code, params, attempts, exhausted,
    topic, topic_partition, topic_offset, value, headers)
values($1, $2, $3, 7, $4, $5, $6, 3, $7, 'cee.x.partners', 0, 41, $8, '[["ce_id", "x"]]')"""


@dataclass
class World:
    """A channel, the databases, and an operator's HTTP client."""

    channel: str
    settings: Settings
    environment: Mapping[str, str]
    ours: Pool
    cee: Pool
    http: httpx.AsyncClient

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def feed(self, kind: str, key: str, position: int, op: str = "upsert", removed: bool = False) -> None:
        body = orjson.dumps({"kind": kind, "key": key, "op": op})
        await self.ours.execute(PUT, self.channel, kind, key, op, removed, position, body)
        await self.ours.execute(
            "insert into ceebus.feed_position as p(channel, last) values($1, $2)"
            " on conflict (channel) do update set last = greatest(p.last, excluded.last)",
            self.channel,
            position,
        )

    async def due(self, kind: str, key: str, code: str, value: bytes | None = b"{}", /, *, exhausted: bool = False, **params: Any) -> None:
        outcome = "waiting" if code == "reference_missing" else "quarantined"
        await self.ours.execute(DUE, self.channel, kind, key, outcome, code, params, exhausted, value)

    async def wanted(self) -> list[tuple[str, str, str]]:
        rows = await self.ours.fetch("select kind, key, action from ceebus.wanted where channel = $1 order by id", self.channel)
        return [(row["kind"], row["key"], row["action"]) for row in rows]


@dataclass
class Operated:
    """A control that answers, for tests with a company each."""

    settings: Settings
    environment: Mapping[str, str]
    ours: Pool
    cee: Pool

    @asynccontextmanager
    async def world(self, channel: str) -> AsyncIterator[World]:
        """A company of the channel's own, and a client."""
        await self.cee.execute((COMPANY / "dictionaries.sql").read_text())
        await self.cee.execute((COMPANY / "company.sql").read_text().replace("@", channel))
        async with client(self.settings) as http:
            yield World(channel, self.settings, self.environment, self.ours, self.cee, http)


def client(settings: Settings) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {settings.operator_token}"}
    return httpx.AsyncClient(base_url=settings.control.url, headers=headers, trust_env=False, timeout=30)


@asynccontextmanager
async def operated(environment: Mapping[str, str], home: Path, *, cee_away: bool = False, apart: bool = False) -> AsyncIterator[Operated]:
    """Control, ready to answer; stopped at the end. `cee_away`: CEE does not answer. `apart`: as a process."""
    settings = read_settings(environment, home=home)
    stop = asyncio.Event()
    async with pool(settings.database_url) as ours, pool(settings.cee_database_url) as cee:
        if cee_away:
            settings = replace(settings, cee_database_url="postgresql://nobody@127.0.0.1:1/none")
        found = Operated(settings, environment, ours, cee)
        if apart:
            async with supervised(["control"], {**environment, "CEEBUS_HOME": str(home)}):
                yield found
            return
        serving = asyncio.create_task(serve(settings, stop))
        try:
            async with client(settings) as http:
                await eventually(lambda: is_ready(http, serving), within=30)
            yield found
        finally:
            stop.set()
            await serving


@asynccontextmanager
async def world(
    environment: Mapping[str, str], home: Path, channel: str, *, cee_away: bool = False, apart: bool = False
) -> AsyncIterator[World]:
    """A control for one test alone."""
    async with operated(environment, home, cee_away=cee_away, apart=apart) as control, control.world(channel) as here:
        yield here


async def is_ready(http: httpx.AsyncClient, serving: asyncio.Task[None]) -> bool:
    if serving.done():
        serving.result()
    try:
        return (await http.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


@dataclass
class Answer:
    """What a command left behind."""

    code: int
    out: str
    err: str


class Cli:
    """Runs commands in this process, in a thread of their own, as their entry point does."""

    def __init__(self, environment: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        self._capsys = capsys

    async def __call__(self, *arguments: str) -> Answer:
        self._capsys.readouterr()
        code = await asyncio.to_thread(execute, arguments)
        captured = self._capsys.readouterr()
        return Answer(code, captured.out, captured.err)


class CliProcess:
    """Runs commands as processes: for tests in which a role of this process writes its log between a command's lines."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {**os.environ, **environment}

    async def __call__(self, *arguments: str) -> Answer:
        command = [sys.executable, "-m", "services.launch", *arguments]
        process = await asyncio.create_subprocess_exec(*command, cwd=COMPANY.parents[1], env=self._environment, stdout=PIPE, stderr=PIPE)
        out, err = await process.communicate()
        assert process.returncode is not None
        return Answer(process.returncode, out.decode(), err.decode())
