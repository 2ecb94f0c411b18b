"""A source on real servers for one test: a small CEE of its own, the source as a task or as a process, and the logs it writes.

It is one thing: one bed, and what happens in it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson

from schemas import topics
from schemas.envelope import header
from services.kernel.kafka import Record
from services.kernel.kafka_logs import Logs
from services.kernel.postgres import Pool, connect, migrate, pool
from services.kernel.settings import Settings, read_settings
from services.sandbox.databases import SERVICES
from services.sandbox.stack import Stack
from services.source.__main__ import serve
from services.source.housekeeping import clear_outbox
from tests.conftest import environment_of
from tests.read_logs import ReadLogs
from tests.stack import Databases, drop_databases, name_of

SMALL_CEE = Path(__file__).parent / "integration" / "small_cee.sql"
CHANNEL = {
    "description": "test",
    "sales_organisation": "ORG",
    "currency": "PLN",
    "assortment_listing": "A",
    "price_listing": "P",
    "category_root": "R",
    "order_type_zs": "ZS",
    "order_type_os": "OS",
    "default_payment_form": "CASH",
    "default_payment_term": "T14",
    "template_with_tax_id": "W",
    "template_without_tax_id": "N",
    "max_user_discount": "10.00",
    "inventory_owner": "ORG",
    "availability_warehouses": ["M1"],
    "delivery_warehouse": "M1",
    "file_types": {"image": "I", "recording": "R", "other": "O"},
}


class Bed:
    """The small CEE, and what the source makes of it."""

    def __init__(self, settings: Settings, environment: dict[str, str], cee: Pool, ours: Pool, logs: Logs) -> None:
        self.settings, self.environment, self.cee, self.ours = settings, environment, cee, ours
        self._logs = ReadLogs(settings.kafka, logs)

    async def add_channel(self, channel: str, active: bool = True, **settings: Any) -> None:
        await self.cee.execute("insert into cee.channel(id, active, settings) values($1, $2, $3)", channel, active, CHANNEL | settings)

    async def activate(self, channel: str, active: bool = True) -> None:
        await self.cee.execute("update cee.channel set active = $2, version = version + 1 where id = $1", channel, active)

    async def put(self, channel: str, kind: str, key: str, member: bool = True, **body: Any) -> None:
        await self.cee.execute(
            "insert into cee.object(channel, kind, key, member, body) values($1, $2, $3, $4, $5) on conflict (channel, kind, key)"
            " do update set body = excluded.body, member = excluded.member, version = cee.object.version + 1",
            channel, kind, key, member, body,
        )  # fmt: skip

    async def remove(self, channel: str, kind: str, key: str) -> None:
        await self.cee.execute("delete from cee.object where channel = $1 and kind = $2 and key = $3", channel, kind, key)

    async def log(self, topic: str) -> list[Record]:
        """All records of a topic in offset order per partition; none where there is no such topic yet."""
        return await self._logs.read(topic)

    async def kind_log(self, channel: str, kind: str) -> list[Record]:
        return await self.log(topics.cee(channel, kind))

    async def newest(self, channel: str, kind: str) -> dict[str, dict[str, Any] | None]:
        """What a new subscriber ends up with: the last value of each key, None for a tombstone."""
        records = await self.kind_log(channel, kind)
        return {(record.key or b"").decode(): orjson.loads(record.value) if record.value else None for record in records}

    async def has_newest(self, channel: str, kind: str, keys: set[str]) -> bool:
        """Whether all keys stand in the log with a value."""
        return keys <= {key for key, value in (await self.newest(channel, kind)).items() if value is not None}

    async def is_newest(self, channel: str, kind: str, key: str, value: dict[str, Any] | None) -> bool:
        newest = await self.newest(channel, kind)
        return key in newest and newest[key] == value

    async def has_records(self, channel: str, kind: str, count: int) -> bool:
        found = len(await self.kind_log(channel, kind))
        assert found <= count, f"{found} records, expected {count}"
        return found == count

    async def outbox_waits(self) -> bool:
        """Whether a committed change waits for an older open transaction."""
        return bool(
            await self.cee.fetchval("select exists(select from ceebus.outbox where txid >= pg_snapshot_xmin(pg_current_snapshot()))")
        )

    async def settings_are(self, channel: str, active: bool | None) -> bool:
        """Whether the newest record of the channel on `channels` says so; None: a tombstone."""
        values = [record.value for record in await self.log(topics.CHANNELS) if record.key == channel.encode()]
        return bool(values) and (orjson.loads(values[-1])["active"] if values[-1] else None) is active

    async def log_grows(self, channel: str, kind: str) -> bool:
        return bool(await self.kind_log(channel, kind))

    async def versions_never_fall(self, channel: str, kind: str) -> None:
        versions: dict[bytes | None, int] = {}
        for record in await self.kind_log(channel, kind):
            assert object_version(record) >= versions.get(record.key, 0), f"{record.key!r} falls back at offset {record.offset}"
            versions[record.key] = object_version(record)

    async def chunk_reached(self, channel: str, kind: str, rows: int) -> bool:
        done = await self.cee.fetchval("select done from ceebus.snapshot where channel = $1 and kind = $2", channel, kind)
        return (done or 0) >= rows

    async def processes_of(self, channel: str) -> int:
        """Source processes that hold the channel's lock or wait for it."""
        statement = "select count(*) from pg_stat_activity where datname = current_database() and application_name = $1"
        return int(await self.cee.fetchval(statement, f"ceebus-source-{channel}"))

    async def cut_connections(self, channel: str) -> bool:
        """Ends the connection that holds the channel; False when there is none."""
        statement = (
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and application_name = $1"
        )
        return bool(await self.cee.fetchval(statement, f"ceebus-source-{channel}"))

    async def want(self, channel: str, kind: str, key: str, action: str) -> None:
        await self.ours.execute("insert into ceebus.wanted(channel, kind, key, action) values($1, $2, $3, $4)", channel, kind, key, action)

    async def nothing_wanted(self) -> bool:
        return not await self.ours.fetchval("select count(*) from ceebus.wanted")

    async def cleared(self, channel: str) -> bool:
        """Whether the outbox, cleared now, holds nothing of the channel any more."""
        await clear_outbox(self.cee)
        return not await self.cee.fetchval("select count(*) from ceebus.outbox where channel = $1 and kind <> 'channels'", channel)

    async def snapshots_done(self, channel: str) -> bool:
        states = [row["state"] for row in await self.cee.fetch("select state from ceebus.snapshot where channel = $1", channel)]
        return len(states) >= len(topics.KINDS) and set(states) <= {"done"}


def object_version(record: Record) -> int:
    return int(header(record.headers, "ce_objectversion") or 0)


@asynccontextmanager
async def small_cee(stack: Stack, home: Path) -> AsyncIterator[Bed]:
    """Two new databases, the small CEE in one of them, and the settings of a source between them."""
    assert stack.postgres is not None
    name = os.urandom(4).hex()
    made = Databases(stack.postgres.url(f"ours_{name}"), stack.postgres.url(f"cee_{name}"))
    admin = await connect(stack.postgres.url("postgres"))
    try:
        for url in (made.ours, made.cee):
            await admin.execute(f"create database {name_of(url)}")
        await migrate(made.ours, SERVICES / "kernel" / "migrations", "kernel")
        await migrate(made.cee, SERVICES / "source" / "migrations", "source")
        environment = environment_of(stack, made, home) | {"CEEBUS_OPERATOR_TOKEN": "operator"}
        settings = read_settings(environment, home=home)
        async with pool(made.cee, size=4) as cee, pool(made.ours, size=2) as ours, Logs(settings.kafka, "test") as logs:
            await cee.execute(SMALL_CEE.read_text())
            yield Bed(settings, environment, cee, ours, logs)
    finally:
        await admin.close()
        await drop_databases(stack, made)


@asynccontextmanager
async def source_task(settings: Settings) -> AsyncIterator[None]:
    """The source inside this process; stopped, and its failure raised, at the end."""
    stop = asyncio.Event()
    task = asyncio.create_task(serve(settings, stop))
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(20):
            await task


@asynccontextmanager
async def source_process(environment: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """The source as its own process; killed at the end."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.source", env=os.environ | environment)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
