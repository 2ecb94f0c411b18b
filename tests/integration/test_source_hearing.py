"""Commits wake the source one by one while they are few; while they are many it looks by the clock and nobody notifies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from services.kernel.postgres import Connection, Pool, connect, pool
from services.source.hearing import CLOCK, LOOKED, LOOKS, MANY, QUERIES, Hearing
from services.source.loop import PACE_S
from tests.stack import Databases, eventually


class Ears:
    """A source's hearing and what came of it; `finds` is what its loops say they found."""

    def __init__(self, cee: Pool, url: str) -> None:
        self.wakes, self.finds, self.busy = 0, 0, True
        self._hearing = Hearing(cee, url, self._wake, lambda: self.finds)

    def _wake(self) -> None:
        self.wakes += 1
        self.finds += self.busy

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Ears]:
        running = asyncio.create_task(self._hearing.run())
        try:
            await eventually(lambda: self.wakes)  # it listens
            yield self
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def cee(databases: Databases) -> AsyncIterator[Pool]:
    async with pool(databases.cee, size=4) as made:
        yield made


@pytest.fixture
async def listener(databases: Databases) -> AsyncIterator[tuple[Connection, list[str]]]:
    """Everything that is said, as the writer hears it."""
    said: list[str] = []
    connection = await connect(databases.cee)
    await connection.add_listener("ceebus_outbox", lambda _c, _p, _ch, payload: said.append(str(payload)))
    yield connection, said
    await connection.close()


async def commit(cee: Pool, count: int = 1) -> None:
    for _ in range(count):
        await cee.execute("select ceebus.wake()")


async def claimed(cee: Pool) -> bool:
    return bool(await cee.fetchval(QUERIES.clock_claimed))


async def by_the_clock(cee: Pool) -> None:
    await commit(cee, MANY)
    await eventually(lambda: claimed(cee))


async def test_few_commits_are_heard_one_by_one(cee: Pool, databases: Databases) -> None:
    async with Ears(cee, databases.cee).open() as ears:
        for _ in range(MANY // 2):
            before = ears.wakes
            await commit(cee)
            await eventually(lambda before=before: ears.wakes > before)
        assert not await claimed(cee)


async def test_many_commits_notify_nobody_and_are_looked_for(
    cee: Pool, databases: Databases, listener: tuple[Connection, list[str]]
) -> None:
    connection, said = listener
    async with Ears(cee, databases.cee).open() as ears:
        await by_the_clock(cee)
        await eventually(lambda: CLOCK in said)
        said.clear()
        before = ears.wakes
        await commit(cee, 100)
        await eventually(lambda: ears.wakes > before + LOOKS)
        await connection.execute("select 1")
        assert set(said) == {LOOKED}  # the writer still hears that something came


async def test_it_is_told_again_when_there_is_little_to_find(cee: Pool, databases: Databases) -> None:
    async with Ears(cee, databases.cee).open() as ears:
        await by_the_clock(cee)
        ears.busy = False
        await eventually(lambda: not_claimed(cee))
        quiet = await still(ears)
        await commit(cee)
        await eventually(lambda: ears.wakes > quiet)


async def not_claimed(cee: Pool) -> bool:
    return not await claimed(cee)


async def still(ears: Ears) -> int:
    """Returns when it has stopped looking, with the number of wakes."""

    async def is_still() -> int | None:
        before = ears.wakes
        await asyncio.sleep(PACE_S * 4)
        return before if ears.wakes == before else None

    found = await eventually(is_still)
    assert found is not None
    return found


async def test_a_transaction_that_notified_nobody_is_found_when_it_ends(cee: Pool, databases: Databases) -> None:
    """It asked while the source looked by the clock, and commits long after that is over."""
    async with Ears(cee, databases.cee).open() as ears, cee.acquire() as connection:
        await by_the_clock(cee)
        late = connection.transaction()
        await late.start()
        await connection.execute("insert into ceebus.outbox(kind, key) values('partners', 'late')")
        await connection.execute("select ceebus.wake()")
        ears.busy = False
        await eventually(lambda: not_claimed(cee))
        before = ears.wakes
        await eventually(lambda: ears.wakes > before + 3)  # it goes on looking
        await late.commit()
        before = ears.wakes
        await eventually(lambda: ears.wakes > before, within=0.9)  # sooner than the loops' own poll
        await still(ears)


async def test_every_source_looks_as_long_as_nobody_is_told(cee: Pool, databases: Databases) -> None:
    """One has the lock; one that heard the same, and one that starts meanwhile and finds nothing, look as well."""
    async with Ears(cee, databases.cee).open() as one, Ears(cee, databases.cee).open() as other:
        await by_the_clock(cee)
        newcomer = Ears(cee, databases.cee)
        newcomer.busy = False
        async with newcomer.open():
            before = [ears.wakes for ears in (one, other, newcomer)]
            await eventually(lambda: all(e.wakes > was + 2 * LOOKS for e, was in zip((one, other, newcomer), before, strict=True)))
            one.busy = other.busy = False
            await eventually(lambda: not_claimed(cee))
            quiet = [await still(ears) for ears in (one, other, newcomer)]
            await commit(cee)
            await eventually(lambda: all(e.wakes > was for e, was in zip((one, other, newcomer), quiet, strict=True)))


async def test_a_killed_source_is_no_clock_any_more(cee: Pool, databases: Databases, listener: tuple[Connection, list[str]]) -> None:
    connection, said = listener
    async with Ears(cee, databases.cee).open():
        await by_the_clock(cee)
        await cee.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'ceebus-source-clock'")
        await eventually(lambda: not_claimed(cee))
    said.clear()
    await commit(cee)
    await connection.execute("select 1")
    await eventually(lambda: said == [""])
