"""F13: connections of feed, gateway and control are cut in the middle of their work, and PostgreSQL is restarted."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from services.sandbox.databases import prepare
from services.sandbox.generate.day import reprice
from services.sandbox.postgres import Postgres
from tests.faults.form import full_or
from tests.faults.site import CHANNEL, LIMIT_S, Site, day, following, site
from tests.stack import eventually

ROUNDS = full_or(2, 1)
# a table that every transaction of the feed needs: at its beginning, and when all its effects are written. Not rows of it:
# a transaction that has written holds CEE's outbox back when both databases are on one server
WINDOWS = {
    "before the effect": "lock table ceebus.feed_position in exclusive mode",
    "before the commit": "lock table ceebus.lane_offset in exclusive mode",
}
WAITING = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and application_name like 'ceebus-feed%' and wait_event_type = 'Lock' and xact_start is not null
"""
CUT = """
select count(pg_terminate_backend(pid)) from pg_stat_activity
where datname = current_database() and application_name like 'ceebus-' || $1 || '%'
"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Postgres]:
    """A server of its own: it is restarted."""
    for folder in ("run", "logs"):
        (tmp_path / folder).mkdir()
    made = Postgres(tmp_path, durable=False)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def alone(surroundings: dict[str, str], server: Postgres) -> dict[str, str]:
    urls = {"CEEBUS_DATABASE_URL": server.url("ceebus"), "CEEBUS_CEE_DATABASE_URL": server.url("cee")}
    await prepare(*urls.values())
    return surroundings | urls


async def test_effects_and_offset_rows_agree(alone: dict[str, str], server: Postgres, tmp_path: Path, seed: int) -> None:
    rng, cut = Random(seed), Counter[str]()
    async with site(alone, tmp_path) as here:
        await here.first_export()
        async with following(here), asking_control(here):
            async with day(here, seed, per_second=60) as changes:
                for _ in range(ROUNDS):
                    for window, lock in rng.sample(sorted(WINDOWS.items()), len(WINDOWS)):
                        cut[window] += await cut_within(here, lock)
                        await here.flows(("feed",))  # five cuts of one batch in a row end the process
                    for role in rng.sample(("feed", "gateway", "control"), 3):
                        cut[role] += await here.ours.fetchval(CUT, role)
                        await changes.more(rng.randrange(10))
                await here.flows(("source", "exporter", "feed"))
            async with here.cee.acquire() as connection:
                await reprice(connection, CHANNEL, Decimal("1.02"))
            await server.stop()
            await server.start()
            await here.flows_again()
            assert await here.offences() == {}
        assert {name: count >= ROUNDS for name, count in cut.items()} == dict.fromkeys((*WINDOWS, "feed", "gateway", "control"), True)


async def cut_within(here: Site, lock: str) -> int:
    """Lets the feed run into a lock and cuts its connection there; returns how many were cut."""
    async with here.ours.acquire() as connection, connection.transaction():
        await connection.execute(lock)
        return len(await eventually(lambda: here.ours.fetch(WAITING), within=LIMIT_S, every=0.005))


@asynccontextmanager
async def asking_control(here: Site) -> AsyncIterator[None]:
    """Control has work all the time."""

    async def ask() -> None:
        while True:
            await here.control_answers()
            await asyncio.sleep(0.05)

    asking = asyncio.create_task(ask())
    try:
        yield
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
