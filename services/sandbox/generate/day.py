"""A working day in CEE: small committed transactions at a chosen rate, seeded, from stock movements to new customers.

`run_day` is what `ceebus demo`, `ceebus up` and the latency measurements run; `reprice` is the peak day on which all prices change.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from random import Random

from services.kernel.postgres import Connection, Pool, PooledConnection
from services.sandbox.generate.articles import Catalogue
from services.sandbox.generate.changes import SQL, USES_UP, WEIGHTS, Change, Desk, move_stock
from services.sandbox.generate.plan import Plan
from services.sandbox.generate.pools.companies import load_companies
from services.sandbox.generate.pools.goods import load_goods
from services.sandbox.generate.pools.people import load_people
from services.sandbox.generate.pools.places import load_places
from services.sandbox.generate.sizes import SIZES

OnCommit = Callable[[str, str, float], None]  # kind, key, seconds since 1970 at which the commit had returned
USERS = 4  # transactions at work at the same time, as several people in an office
LEFT = 20  # objects a change must leave in stock, or stock moves instead


class EmptyChannel(Exception):
    """There is nothing to change: the channel is unknown or has no goods."""


async def run_day(
    pool: Pool,
    channel: str,
    seconds: float,
    per_second: float,
    seed: int = 1,
    on_commit: OnCommit = lambda _kind, _key, _at: None,
) -> dict[str, int]:
    """Commits `per_second` changes for `seconds`; returns how many of each kind. Raises EmptyChannel.

    Equal seeds on equal data draw equal changes; several are at work at a time, so neighbours may commit in either order.
    Cancelling it ends it at once, between or with open transactions rolled back. Its parameters are one thing: a day's dials.
    """
    async with pool.acquire() as connection:
        desk = await open_desk(connection, channel, seed)
    begun, counts = asyncio.get_running_loop().time(), Counter[str]()
    queue: asyncio.Queue[Change | None] = asyncio.Queue(USERS)
    async with asyncio.TaskGroup() as users:
        for _ in range(USERS):
            users.create_task(_work(pool, queue, counts, on_commit))
        for place in range(int(seconds * per_second)):
            await asyncio.sleep(begun + place / per_second - asyncio.get_running_loop().time())
            await queue.put(draw(desk))
        for _ in range(USERS):
            await queue.put(None)
    return dict(counts)


async def reprice(connection: Connection | PooledConnection, channel: str, factor: Decimal) -> int:
    """All prices of the channel's lists times `factor`, in one transaction; returns how many."""
    done: str = await connection.execute(SQL.reprice, channel, factor)
    return int(done.split()[-1])


def draw(desk: Desk) -> Change:
    """The next change of the day."""
    make = desk.rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    stock = USES_UP.get(make)
    return (move_stock if stock and len(stock(desk)) < LEFT else make)(desk)


async def _work(pool: Pool, queue: asyncio.Queue[Change | None], counts: Counter[str], on_commit: OnCommit) -> None:
    while (change := await queue.get()) is not None:
        async with pool.acquire() as connection:
            async with connection.transaction():
                for statement, values in change.statements:
                    await connection.execute(statement, *values)
            on_commit(change.kind, change.key, time.time())
        counts[change.kind] += 1


async def open_desk(connection: Connection | PooledConnection, channel: str, seed: int) -> Desk:
    """What the day of this seed starts from. Raises EmptyChannel."""
    settings = await connection.fetchrow(SQL.channel, channel)
    if settings is None:
        raise EmptyChannel(f"CEE has no channel {channel}; `ceebus generate` makes one")
    plan = Plan(SIZES["small"], seed, channel, settings["today"], settings["currency"])
    catalogue = Catalogue(load_goods())
    articles = await connection.fetch(SQL.articles, channel)
    before = await connection.fetchrow(SQL.made_before, channel)
    assert before is not None
    desk = Desk(
        channel=channel,
        settings=settings,
        rng=Random(f"{seed}/{channel}/day/{before['version']}"),
        stock=await connection.fetch(SQL.stock, channel),
        prices=await connection.fetch(SQL.prices, channel),
        articles=articles,
        known=[article for row in articles[:1000] if (article := catalogue.article(row["article"], plan))],
        partners=await connection.fetch(SQL.partners, channel),
        reps=[row["rep"] for row in await connection.fetch(SQL.reps, channel)],
        documents=await connection.fetch(SQL.documents, channel),
        names=(load_companies()[plan.home], load_people()[plan.home], load_places()[plan.home]),
        numbers={"document": before["documents"], "partner": before["partners"]},
        filed=[],
        gone=[],
    )
    if not (desk.stock and desk.known and desk.partners and desk.reps):
        raise EmptyChannel(f"channel {channel} has nothing to sell or nobody to sell to")
    return desk
