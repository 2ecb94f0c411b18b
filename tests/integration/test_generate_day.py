"""A day of changes: at its rate, as drawn, each heard of by the outbox; after it both opinions on the devices still agree."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from services.kernel.postgres import Pool, pool
from services.sandbox.expected.comparison import compare
from services.sandbox.expected.expectation import expected
from services.sandbox.generate.changes import WEIGHTS, Change, Desk
from services.sandbox.generate.day import EmptyChannel, draw, open_desk, reprice, run_day
from services.sandbox.generate.load import generate
from tests.integration.through_views import through_views
from tests.stack import Databases


@pytest.fixture(scope="module")
async def cee(databases: Databases) -> AsyncIterator[Pool]:
    async with pool(databases.cee, size=6) as made:
        async with made.acquire() as connection:
            await generate(connection, "tiny", seed=4, active=True)
        yield made


@pytest.mark.parametrize("make", list(WEIGHTS), ids=lambda make: make.__name__)
async def test_a_change_makes_the_record_it_names_due(cee: Pool, make: Callable[[Desk], Change]) -> None:
    async with cee.acquire() as connection:
        desk = await open_desk(connection, "PL1", seed=2)
        last = await connection.fetchval("select coalesce(max(seq), 0) from ceebus.outbox")
        change = make(desk)
        for statement, values in change.statements:
            assert (await connection.execute(statement, *values)).split()[-1] != "0" or "delete" in statement
        due = await connection.fetch("select kind, key from ceebus.outbox where seq > $1 and (channel is null or channel = 'PL1')", last)
    assert (change.kind, change.key) in {(row["kind"], row["key"]) for row in due}


async def test_a_day_commits_at_its_rate_and_tells_of_each_commit(cee: Pool, tmp_path: Path) -> None:
    heard: list[tuple[str, str, float]] = []
    begun = time.time()
    counts = await run_day(cee, "PL1", seconds=2, per_second=150, seed=9, on_commit=lambda *commit: heard.append(commit))
    assert len(heard) == sum(counts.values()) == 300
    assert Counter(kind for kind, _key, _at in heard) == counts
    assert counts["availability"] > counts["price-lists"] > 0
    assert {"articles", "partners", "sales-documents", "attachments"} <= counts.keys()
    assert all(begun <= at <= time.time() for _kind, _key, at in heard)
    outcome = await through_views(cee, "PL1", tmp_path)
    async with cee.acquire() as connection:
        for rep in (None, "H001"):
            assert [str(found) for found in compare(await expected(connection, "PL1", rep), outcome.device(rep))] == []


async def test_equal_seeds_draw_equal_days(cee: Pool) -> None:
    days = []
    async with cee.acquire() as connection:
        for seed in (1, 1, 2):
            desk = await open_desk(connection, "PL1", seed)
            days.append([draw(desk) for _ in range(200)])
    assert days[0] == days[1]
    assert days[0] != days[2]


async def test_all_prices_change_in_one_transaction(cee: Pool) -> None:
    async with cee.acquire() as connection:
        before = await connection.fetchval("select sum(price) from cee.price")
        last = await connection.fetchval("select coalesce(max(seq), 0) from ceebus.outbox")
        changed = await reprice(connection, "PL1", Decimal(2))
        rows = await connection.fetchrow(
            "select count(distinct key) filter (where key like '%/%') as keys, count(distinct txid) as transactions from ceebus.outbox"
            " where seq > $1 and kind = 'price-lists'",
            last,
        )
        assert await connection.fetchval("select sum(price) from cee.price") == 2 * before
        assert rows is not None
        assert rows["transactions"] == 1
        assert rows["keys"] == await connection.fetchval("select count(distinct key) from cee.price") <= changed


async def test_an_empty_channel_has_no_day(cee: Pool) -> None:
    with pytest.raises(EmptyChannel):
        await run_day(cee, "ZZ9", seconds=1, per_second=1)
