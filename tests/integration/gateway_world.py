"""A gateway on a real PostgreSQL with a feed that the test writes itself, exactly as the feed's transactions would."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson

from services.gateway.__main__ import serve
from services.kernel import postgres, tokens
from services.kernel.settings import Settings
from services.sandbox.device.device import Device
from tests.stack import eventually

PUT = """
insert into ceebus.feed(channel, kind, key, objectversion, hash, op, body, audience, left_audience, removed, position,
    topic_partition, topic_offset, at)
values($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0, clock_timestamp())
on conflict (channel, kind, key) do update set objectversion = excluded.objectversion, hash = excluded.hash, op = excluded.op,
    body = excluded.body, audience = excluded.audience, left_audience = excluded.left_audience, removed = excluded.removed,
    position = excluded.position, at = excluded.at"""
CODE = """
insert into ceebus.device(id, channel, rep, enrol_hash, enrol_expires_at) values($1, $2, $3, $4, now() + $5::text::interval)
on conflict (id) do update set enrol_hash = excluded.enrol_hash, enrol_expires_at = excluded.enrol_expires_at, state = 'enrolled'"""


@dataclass(frozen=True)
class Change:
    """One row of the feed. `audience` None = the whole channel; `left` = who just lost it; body None = removed."""

    kind: str
    key: str
    body: dict[str, Any] | None
    audience: list[str] | None = None
    left: list[str] | None = None
    op: str = "upsert"


def article(number: str, name: str = "n", **extra: Any) -> Change:
    return Change("articles", number, {"number": number, "name": {"en": name}, **extra})


def partner(number: str, *reps: str, **extra: Any) -> Change:
    """Seen by `reps` only; all of the channel without any."""
    return Change("partners", number, {"number": number, "name": f"Partner {number}", **extra}, list(reps) or None)


def gone(kind: str, key: str) -> Change:
    return Change(kind, key, None)


class World:
    """The feed's side, the operator's side, and the address of the gateway."""

    def __init__(self, pool: postgres.Pool, settings: Settings, channel: str) -> None:
        self.pool, self.settings, self.channel = pool, settings, channel
        self.url = settings.gateway.url
        self._number = 0

    async def put(self, *changes: Change) -> int:
        """One feed transaction; returns the last position."""
        async with self.pool.acquire() as connection, connection.transaction():
            first = await connection.fetchval(
                "insert into ceebus.feed_position(channel, last) values($1, $2) on conflict (channel) do update"
                " set last = ceebus.feed_position.last + $2 returning last - $2 + 1",
                self.channel,
                len(changes),
            )
            await connection.executemany(PUT, [self._row(change, first + at) for at, change in enumerate(changes)])
            await connection.execute("select pg_notify('ceebus_feed', $1)", self.channel)
        return int(first) + len(changes) - 1

    def _row(self, change: Change, position: int) -> tuple[Any, ...]:
        self._number += 1
        body = None
        if change.body is not None:
            fields = {
                "channel": self.channel,
                "kind": change.kind,
                "key": change.key,
                "op": change.op,
                "version": self._number,
                **change.body,
            }
            digest = hashlib.sha256(orjson.dumps(change.body)).hexdigest()
            body = orjson.dumps(fields | {"content_hash": digest})
        op = change.op if body else "delete"
        return (self.channel, change.kind, change.key, self._number, b"", op, body, change.audience, change.left, body is None, position)

    async def code(self, device: str, rep: str = "R1", lifetime: str = "1 hour", channel: str | None = None) -> str:
        """What `ceebus device enroll` does."""
        code = tokens.new_code()
        await self.pool.execute(
            CODE,
            device,
            channel or self.channel,
            rep,
            tokens.code_hash(code),
            lifetime,
        )
        return code

    async def revoke(self, device: str) -> None:
        await self.pool.execute("update ceebus.device set state = 'revoked', revoked_at = now() where id = $1", device)

    async def device(self, folder: Path, rep: str = "R1", name: str | None = None, **options: Any) -> Device:
        """An enrolled device with an empty database; close it with `async with`."""
        name = name or f"d-{uuid4().hex[:8]}"
        made = Device(self.url, folder / f"{name}.db", **options)
        await made.enrol(await self.code(name, rep))
        return made


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[None]:
    """The gateway role in this process, until the end of the block."""
    stop = asyncio.Event()
    task = asyncio.create_task(serve(settings, stop))
    try:
        await eventually(lambda: answers(settings, task), within=10)
        yield
    finally:
        stop.set()
        async with asyncio.timeout(10):
            await task


async def answers(settings: Settings, task: asyncio.Task[None] | None = None) -> bool:
    if task and task.done():
        task.result()
    async with httpx.AsyncClient() as client:
        try:
            return (await client.get(f"{settings.gateway.url}/readyz")).status_code == 200
        except httpx.TransportError:
            return False


@asynccontextmanager
async def world(settings: Settings, channel: str, *, serving: bool = True) -> AsyncIterator[World]:
    """A channel with an empty feed and a gateway before it."""
    async with postgres.pool(settings.database_url, size=4) as pool:
        made = World(pool, settings, channel)
        if serving:
            async with running(settings):
                yield made
        else:
            yield made


def raw(here: World, device: Device, **headers: str) -> httpx.AsyncClient:
    """The device's tokens and epoch in a plain client, for what a well-behaved device would not send."""
    own = {"authorization": f"Bearer {device.store.recall('access_token')}", "x-device-epoch": device.store.recall("db_epoch") or ""}
    return httpx.AsyncClient(base_url=here.url, headers=own | {name.replace("_", "-"): value for name, value in headers.items()})


def is_problem(answer: httpx.Response, status: int, code: str) -> bool:
    """Fails with the answer's text, so that a wrong one is seen."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"], body["type"]) == (status, status, code, f"urn:ceebus:problem:{code}"), (
        answer.text
    )
    return True


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in answer.content.splitlines()]


def keys(device: Device, kind: str) -> set[str]:
    return set(device.rows(kind))


def numbers(prefix: str, amount: int) -> Sequence[str]:
    return [f"{prefix}{number:06d}" for number in range(amount)]
