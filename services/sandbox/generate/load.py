"""Fills the reference CEE with the sample company, or adds one more sales channel to it.

Called by `ceebus generate`, `ceebus demo`, tests and the bench. Everything is one transaction: a load that fails leaves nothing.
CEE's triggers are off meanwhile, so nobody hears of the rows but by the channel's first snapshot; the channel itself comes last and
with triggers, so that the source sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.kernel.postgres import Connection, PooledConnection, Queries
from services.sandbox.generate import articles, attachments, categories, channels, dictionaries, imports, partners, prices, reps, stock
from services.sandbox.generate.bad.everything import spoil_company
from services.sandbox.generate.documents import DocumentMaker
from services.sandbox.generate.plan import BadRecord, Batch, Company, Plan
from services.sandbox.generate.pools.companies import load_companies
from services.sandbox.generate.pools.goods import load_goods
from services.sandbox.generate.pools.people import load_people
from services.sandbox.generate.pools.places import load_places
from services.sandbox.generate.sizes import SIZES

Progress = Callable[[str, int, int], None]  # kind, done, total: what of that kind is in so far
SQL = Queries(Path(__file__).with_name("queries.sql"))
STEP = 2_000  # rows between two reports of progress
TOTALS = {"sales-documents"}  # kinds that come in many batches: their total is known from the size


@dataclass(frozen=True)
class Generated:
    """What a load made. `bad`: the records that must not, or not silently, arrive on a device."""

    channel: str
    counts: dict[str, int]
    bad: tuple[BadRecord, ...]


class ChannelExists(Exception):
    """CEE has this channel already."""


async def generate(
    connection: Connection | PooledConnection,
    size: str,
    seed: int = 1,
    *,
    channel: str = "PL1",
    active: bool = False,
    pictures: str = "small",
    progress: Progress = lambda _kind, _done, _total: None,
) -> Generated:
    """The company with this channel when CEE is empty, else the channel beside what is there. Raises ChannelExists."""
    if await connection.fetchval(SQL.has_channel, channel):
        raise ChannelExists(f"channel {channel} is there already; choose another one")
    today = await connection.fetchval(SQL.today)
    known = [row["number"] for row in await connection.fetch(SQL.articles)]
    currency = "PLN" if not known or channel.startswith("PL") else "EUR"
    plan = Plan(SIZES[size], seed, channel, today, currency, not known, pictures == "full")
    company, counts = Company(), dict[str, int]()
    async with connection.transaction():
        await connection.execute(SQL.triggers_off)
        for batch in _rows(plan, company, known):
            await _copy(connection, plan, batch, counts, progress)
        spoil = spoil_company(plan, company)
        for batch in spoil.batches():
            await _copy(connection, plan, batch, counts, progress)
        counts["bad records"] = len(spoil.records)
        await connection.execute(SQL.triggers_on)
        if await connection.fetchval(SQL.has_loaded):
            await connection.execute(SQL.loaded)
        for batch in channels.channel(plan, company, active):
            await _copy(connection, plan, batch, counts, progress)
    await connection.execute(SQL.analyze)
    return Generated(channel, counts, tuple(spoil.records))


def _rows(plan: Plan, company: Company, known: list[str]) -> Iterator[Batch]:
    """All good rows, in an order in which each topic finds what it draws from."""
    goods, countries, names = load_goods(), load_places(), load_people()
    company.warehouses += [f"M{place + 1:02d}{plan.suffix}" for place in range(plan.size.warehouses)]
    if plan.first:
        yield from dictionaries.dictionaries(goods, countries)
    yield dictionaries.warehouses(plan, company.warehouses)
    yield from reps.reps(plan, company, names[plan.home], countries[plan.home])
    yield from _goods(plan, company, known)
    yield from categories.categories(plan, company, goods)
    maker = partners.PartnerMaker(plan, company, (load_companies(), names, countries))
    partners.partners(maker, plan, company)
    yield from maker.batches()
    yield from stock.stock(plan, company, company.warehouses)
    yield from prices.lists(plan, company)
    yield from reps.profiles(plan, company)
    yield from prices.prices(plan, company)
    yield from prices.discounts(plan, company)
    yield from DocumentMaker(plan, company).batches()
    yield from attachments.attachments(plan, company)
    yield from imports.imports(plan, len(company.documents))


def _goods(plan: Plan, company: Company, known: list[str]) -> Iterator[Batch]:
    catalogue = articles.Catalogue(load_goods())
    if plan.first:
        articles.new_articles(plan, company, catalogue)
        yield from articles.articles(plan, company)
    else:
        articles.known_articles(plan, company, catalogue, known)
    yield from articles.assortment(plan, company)


async def _copy(connection: Connection | PooledConnection, plan: Plan, batch: Batch, counts: dict[str, int], progress: Progress) -> None:
    done = counts.get(batch.kind, 0)
    total = plan.size.documents + plan.size.documents // 20 if batch.kind in TOTALS else done + batch.total
    if batch.total:
        counts[batch.kind] = done + batch.total

    def counted() -> Iterator[tuple[Any, ...]]:
        for place, row in enumerate(batch.rows, 1):
            yield row
            if batch.total and place % STEP == 0:
                progress(batch.kind, done + place, total)

    await connection.copy_records_to_table(batch.table, schema_name="cee", columns=list(batch.columns), records=counted())
    if batch.total:
        progress(batch.kind, counts[batch.kind], max(total, counts[batch.kind]))
