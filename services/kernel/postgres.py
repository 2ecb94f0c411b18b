"""Everything that speaks to PostgreSQL: pool, named queries, migrations, LISTEN. The only module that imports asyncpg."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
import orjson

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Row: TypeAlias = asyncpg.Record
PooledConnection: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"

DatabaseError = asyncpg.PostgresError
ConnectionLost = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    ConnectionError,
    OSError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InternalClientError,  # a pooled connection that is cut in the very moment it is taken
)
RETRYABLE = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)

_MIGRATION_LOCK = 0x6365_6562  # "ceeb": one upgrade at a time per database


class Unreachable(Exception):
    """PostgreSQL does not answer; the text names the address and the next step."""


class Queries:
    """The named queries of one .sql file: `-- name: x` above each; `queries.x` is its text."""

    def __init__(self, path: Path) -> None:
        parts = re.split(r"^-- name: *(\w+) *$", path.read_text(), flags=re.MULTILINE)
        self._texts = {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}
        self._path = path

    def __getattr__(self, name: str) -> str:
        try:
            return self._texts[name]
        except KeyError:
            raise AttributeError(f"{self._path} has no query named {name}") from None


async def _prepare(connection: Any) -> None:
    """Binary, so that COPY takes json too; jsonb has its version, 1, in front."""
    await connection.set_type_codec("json", schema="pg_catalog", format="binary", encoder=orjson.dumps, decoder=orjson.loads)
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: b"\1" + orjson.dumps(value),
        decoder=lambda value: orjson.loads(value[1:]),
    )


async def connect(url: str, *, application: str = "ceebus") -> Connection:
    """One connection with our codecs; raises Unreachable."""
    try:
        connection = await asyncpg.connect(url, timeout=10, server_settings={"application_name": application})
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise Unreachable(
            f"PostgreSQL does not answer at {safe(url)}: {error}. Is it running? `ceebus up` starts an embedded one."
        ) from error
    await _prepare(connection)
    return connection


async def _as_it_is(_: Any) -> None:
    """Nobody leaves settings, session locks or cursors behind on a connection of a pool (`connect` is for that): asking the server
    to forget them, as asyncpg does after each use, would double the round trips of every single statement."""


@asynccontextmanager
async def pool(url: str, *, size: int = 4, application: str = "ceebus") -> AsyncIterator[Pool]:
    """A pool whose connections are opened when first needed; json and jsonb are Python values. Raises Unreachable."""
    try:
        made = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=size,
            init=_prepare,
            reset=_as_it_is,
            timeout=10,
            command_timeout=120,
            server_settings={"application_name": application},
        )
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise Unreachable(
            f"PostgreSQL does not answer at {safe(url)}: {error}. Is it running? `ceebus up` starts an embedded one."
        ) from error
    try:
        yield made
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                await made.close()
        made.terminate()


def safe(url: str) -> str:
    """A database address without its password, for messages and logs."""
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1@", url)


MISSED = "\0"  # something may have been said that was not heard; no payload can hold this


async def listen(url: str, channel: str) -> AsyncIterator[str]:
    """Payloads of NOTIFY on `channel`; MISSED after each (re)connect and each quiet minute, so that a silent loss is noticed.

    A hint only: whoever uses it polls as well.
    """
    woken: asyncio.Queue[str] = asyncio.Queue()
    while True:
        with suppress(Unreachable, *ConnectionLost):
            connection = await connect(url, application="ceebus-listen")
            try:
                await connection.add_listener(channel, lambda _c, _p, _ch, payload: woken.put_nowait(str(payload)))
                connection.add_termination_listener(lambda _c: woken.put_nowait(MISSED))
                yield MISSED
                while not connection.is_closed():
                    try:
                        async with asyncio.timeout(60):
                            payload = await woken.get()
                    except TimeoutError:
                        await connection.fetchval("select 1")  # a dead connection shows here
                        payload = MISSED
                    yield payload
            finally:
                connection.terminate()
        await asyncio.sleep(0.5)


async def migrate(url: str, folder: Path, name: str) -> list[str]:
    """Applies the .sql files of `folder` that `name` has not had yet, in order, each in a transaction; returns them."""
    connection = await connect(url, application="ceebus-migrate")
    try:
        await connection.execute("select pg_advisory_lock($1)", _MIGRATION_LOCK)
        await connection.execute(
            "create schema if not exists ceebus; create table if not exists ceebus.migration"
            "(name text, file text, applied_at timestamptz not null default now(), primary key(name, file))"
        )
        had = {row["file"] for row in await connection.fetch("select file from ceebus.migration where name = $1", name)}
        applied = []
        for file in sorted(folder.glob("*.sql")):
            if file.name in had:
                continue
            async with connection.transaction():
                await connection.execute(file.read_text())
                await connection.execute("insert into ceebus.migration(name, file) values($1, $2)", name, file.name)
            applied.append(file.name)
        return applied
    finally:
        await connection.close()


async def pending(url: str, folder: Path, name: str) -> list[str]:
    """The files `migrate` would apply."""
    connection = await connect(url, application="ceebus-migrate")
    try:
        if await connection.fetchval("select to_regclass('ceebus.migration')") is None:
            return [file.name for file in sorted(folder.glob("*.sql"))]
        had = {row["file"] for row in await connection.fetch("select file from ceebus.migration where name = $1", name)}
        return [file.name for file in sorted(folder.glob("*.sql")) if file.name not in had]
    finally:
        await connection.close()
