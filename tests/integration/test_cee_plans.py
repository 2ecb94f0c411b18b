"""The views answer by indexes: a page costs what the page holds, however much CEE has (statistics given, as autovacuum does)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from schemas.topics import KINDS
from services.kernel.postgres import Queries
from services.source import views
from tests.integration.cee_bed import Cee, company
from tests.stack import Databases

SOURCE = Queries(Path(views.__file__).with_name("queries.sql"))
CROWD = Path(__file__).with_name("cee_crowd.sql").read_text()
PAGE = 100
BIG = {
    "partner", "partner_address", "partner_contact", "channel_partner", "partner_rep", "customer_discount", "article", "article_unit",
    "assortment_item", "stock", "price", "document", "document_line", "attachment",
}  # fmt: skip
# rows of big tables looked at for one row of a page: its own parts, and who may see it (twelve lines and what each names)
WORK = {"sales-documents": 60, "price-lists": 12, "articles": 30}
USUAL_WORK = 20


@pytest.fixture(scope="module")
async def cee(databases: Databases) -> AsyncIterator[Cee]:
    async with company(databases.cee) as made:
        await made.connection.execute(CROWD)
        await made.connection.execute("analyze")
        # as the source reads (services/source/lease.py): one plan for all keys and pages
        await made.connection.execute("set work_mem = '64MB'; set jit = off; set plan_cache_mode = force_generic_plan")
        yield made


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


async def big_scans(cee: Cee, query: str, *arguments: Any) -> list[tuple[str, str, float]]:
    """(node, table, rows looked at) of every scan of a big table while the query runs."""
    rows = await cee.connection.fetchval(f"explain (analyze, timing off, format json) {query}", *arguments)
    return [
        (
            node["Node Type"],
            node["Relation Name"],
            node["Actual Loops"]
            * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Join Filter", 0)),
        )
        for node in nodes(rows[0]["Plan"])
        if node.get("Relation Name") in BIG
    ]


def assert_bounded(scans: list[tuple[str, str, float]], kind: str) -> None:
    whole = [scan for scan in scans if scan[0] == "Seq Scan" and scan[2] > 0]
    assert not whole, f"whole tables are read: {whole}"
    looked_at = sum(rows for _node, _table, rows in scans)
    assert looked_at <= PAGE * WORK.get(kind, USUAL_WORK), f"{looked_at:.0f} rows for a page of {PAGE}: {scans}"


async def test_pages_and_keys_are_read_by_indexes(cee: Cee) -> None:
    for kind in KINDS:
        view = kind.replace("-", "_")
        keys = [row["key"] for row in await cee.connection.fetch(f"select key from cee.{view} where channel = 'C1' order by key")]
        assert len(keys) > 2 * PAGE or kind == "sales-reps"
        middle = keys[len(keys) // 2 - 1]
        page = f"select key, version, member, body from cee.{view} where channel = $1 and key > $2 order by key limit $3"
        assert_bounded(await big_scans(cee, page, "C1", middle, PAGE), kind)
        assert [row["key"] for row in await cee.connection.fetch(page, "C1", middle, PAGE)] == keys[len(keys) // 2 :][:PAGE]
        chosen = keys[:: max(1, len(keys) // PAGE)][:PAGE]
        by_key = f"select key, version, member, body from cee.{view} where channel = $1 and key = any($2::text[])"
        assert_bounded(await big_scans(cee, by_key, "C1", chosen), kind)
        assert len(await cee.connection.fetch(by_key, "C1", chosen)) == len(chosen)


async def test_dependents_of_a_whole_channel_come_in_pages(cee: Cee) -> None:
    found = await cee.dependents("C1", "channels", "C1", "listing", 5000)
    assert len(found) == 60_000 + 10 + 6 + 3, "prices and lists"
    recipients = await cee.dependents("C1", "sales-reps", "R1", "profile", 5000)
    documents = {key for kind, key in recipients if kind == "sales-documents"}
    expected = await cee.connection.fetchval("""
        with named as (select partner, array_agg(rep) as reps from cee.partner_rep group by partner)
        select count(*) from cee.document d left join named n using (partner)
        where d.channel = 'C1' and d.origin = 'cee' and (n.reps is null or 'R1' = any (n.reps))""")
    assert len(documents) == expected


async def test_old_prices_are_looked_for_by_their_prefix(cee: Cee) -> None:
    """Also while the planner knows nothing of what was published: it filled after the last statistics, in a first transfer always."""
    fill = "insert into ceebus.published(channel, kind, key, objectversion) select 'C1', 'price-lists', key, 1 from cee.price_lists"
    await cee.connection.execute(f"{fill} where channel = 'C1'")
    prefixes = [
        f"L1/{row['article']}" for row in await cee.connection.fetch("select article from cee.price where list = 'L1' limit $1", PAGE)
    ]
    assert await looked_at(cee, SOURCE.vanished_prices, "C1", prefixes) <= PAGE * USUAL_WORK
    assert await cee.connection.fetch(SOURCE.vanished_prices, "C1", prefixes) == []


async def test_what_is_asked_of_the_published_costs_no_more_with_many(cee: Cee) -> None:
    """On connections of the pool, with plans for the values given; before the table's first statistics and after."""
    await cee.connection.execute("truncate ceebus.published")
    await cee.connection.execute(
        "insert into ceebus.published(channel, kind, key, objectversion) select 'C1', 'price-lists', n, 1 from generate_series(1, 20000) n"
    )
    keys = [str(n) for n in range(1, PAGE + 1)]
    await cee.connection.execute("set plan_cache_mode = auto")
    for statement in ("select", "analyze ceebus.published"):
        await cee.connection.execute(statement)
        async with cee.connection.transaction():
            assert await looked_at(cee, SOURCE.settle_removed, "C1", "price-lists", keys, [1] * PAGE) <= 2 * PAGE
        assert await looked_at(cee, SOURCE.mobile_channels) <= PAGE


async def looked_at(cee: Cee, query: str, *arguments: Any) -> float:
    """The most rows that one node of the plan looks at while the query runs."""
    rows = await cee.connection.fetchval(f"explain (analyze, timing off, format json) {query}", *arguments)
    return max(
        float(
            node["Actual Loops"]
            * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Join Filter", 0))
        )
        for node in nodes(rows[0]["Plan"])
    )
