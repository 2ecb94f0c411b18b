"""The outbox under interleaved transactions: whatever is opened, written, committed or rolled back in whatever order, no
committed change is missing from the log and no key falls back.

Bites only if the cursor is safe against late commits: with a cursor by sequence number alone it fails within a few examples.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.kernel.postgres import Connection, connect
from services.sandbox.stack import Stack
from tests.source_bed import Bed, small_cee, source_task
from tests.stack import eventually

KEYS = ("K1", "K2", "K3", "K4")
CHANNEL = "PR1"
SESSIONS = 3

# a step is of one session: open a transaction, write or delete a key in it, commit it or take it back
step = st.tuples(
    st.integers(0, SESSIONS - 1),
    st.one_of(
        st.tuples(st.just("write"), st.sampled_from(KEYS)),
        st.tuples(st.just("delete"), st.sampled_from(KEYS)),
        st.tuples(st.just("commit"), st.none()),
        st.tuples(st.just("rollback"), st.none()),
    ),
)


class Session:
    """One user's connection; a write to a key that another open transaction holds is left out, as it would wait."""

    def __init__(self, connection: Connection, numbers: Iterator[int]) -> None:
        self._connection, self._numbers = connection, numbers
        self._transaction: Any = None
        self.held: set[str] = set()

    async def do(self, what: str, key: str | None, taken: set[str]) -> None:
        if what in ("commit", "rollback"):
            await self.end(what)
        elif key is not None and key not in taken - self.held:
            if self._transaction is None:
                self._transaction = self._connection.transaction()
                await self._transaction.start()
            self.held.add(key)
            await self._write(what, key)

    async def _write(self, what: str, key: str) -> None:
        if what == "delete":
            await self._connection.execute("delete from cee.object where key = $1", key)
        else:
            await self._connection.execute(
                "insert into cee.object(channel, kind, key, body) values($1, 'partners', $2, $3) on conflict (channel, kind, key)"
                " do update set body = excluded.body, version = cee.object.version + 1",
                CHANNEL, key, {"n": next(self._numbers)},
            )  # fmt: skip

    async def end(self, how: str) -> None:
        if self._transaction is not None:
            await (self._transaction.commit() if how == "commit" else self._transaction.rollback())
            self._transaction, self.held = None, set()


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """hypothesis calls a plain function many times: all of it runs on one loop."""
    made = asyncio.new_event_loop()
    yield made
    made.close()


@pytest.fixture(scope="module")
def bed(loop: asyncio.AbstractEventLoop, stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    with _entered(loop, stack, tmp_path_factory.mktemp("outbox")) as made:
        yield made


@contextmanager
def _entered(loop: asyncio.AbstractEventLoop, stack: Stack, home: Path) -> Iterator[Bed]:
    async def running() -> AsyncIterator[Bed]:
        async with small_cee(stack, home) as bed:
            await bed.add_channel(CHANNEL)
            async with source_task(bed.settings):
                await eventually(lambda: bed.snapshots_done(CHANNEL), within=30)
                yield bed

    steps = running()
    yield loop.run_until_complete(anext(steps))
    loop.run_until_complete(anext(steps, None))  # type: ignore[arg-type]


_numbers = itertools.count()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(step, min_size=4, max_size=30))
def test_no_committed_change_is_missing_and_no_key_falls_back(bed: Bed, loop: asyncio.AbstractEventLoop, steps: list[Any]) -> None:
    loop.run_until_complete(_check(bed, steps))


async def _check(bed: Bed, steps: list[Any]) -> None:
    async with AsyncExitStack() as opened:
        sessions = []
        for _ in range(SESSIONS):
            connection = await connect(bed.settings.cee_database_url)
            opened.push_async_callback(connection.close)
            sessions.append(Session(connection, _numbers))
        for number, (what, key) in steps:
            await sessions[number].do(what, key, set().union(*[session.held for session in sessions]))
        for session in sessions:
            await session.end("commit")
    rows = await bed.cee.fetch("select key, body -> 'n' as n from cee.object where channel = $1", CHANNEL)
    expected = {row["key"]: row["n"] for row in rows}
    await eventually(lambda: _agrees(bed, expected), within=10, every=0.05)
    await bed.versions_never_fall(CHANNEL, "partners")


async def _agrees(bed: Bed, expected: dict[str, int]) -> bool:
    found = {key: value["n"] for key, value in (await bed.newest(CHANNEL, "partners")).items() if value is not None}
    assert found == expected
    return True
