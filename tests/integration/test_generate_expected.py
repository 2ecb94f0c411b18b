"""Two independent writings agree on what devices must hold: SQL over CEE's tables, and CEE's views with the exporter's handlers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schemas.topics import KINDS
from services.kernel.postgres import Pool, pool
from services.sandbox.expected.comparison import compare
from services.sandbox.expected.expectation import expected
from services.sandbox.generate.load import Generated, generate
from tests.integration.through_views import through_views
from tests.stack import Databases

CODES = {
    "master-data": {"field_too_long", "field_invalid", "promotion_not_supported", "duplicate_discount", "reference_missing"},
    "sales-reps": {"rep_employer_mismatch", "field_missing", "field_too_long"},
    "partners": {"currency_mismatch", "field_too_long", "field_invalid", "field_missing", "reference_missing"},
    "articles": {"field_too_long", "ean_invalid", "reference_missing", "field_invalid"},
    "article-categories": {"category_cycle", "category_too_deep", "category_duplicate_article", "reference_missing", "field_too_long"},
    "availability": {"not_stock_managed", "field_invalid", "reference_missing"},
    "price-lists": {"currency_mismatch", "field_too_long", "list_not_on_profile", "duplicate_price", "field_invalid", "reference_missing"},
    "sales-documents": {
        "currency_mismatch",
        "too_many_lines",
        "field_too_long",
        "field_invalid",
        "field_missing",
        "reference_missing",
        "article_outside_assortment",
    },
    "attachments": {
        "attachment_too_large",
        "extension_not_allowed",
        "content_type_mismatch",
        "note_too_long",
        "field_too_long",
        "reference_missing",
        "duplicate_attachment",
    },
}
WARNINGS = {"ean_invalid", "list_not_on_profile", "article_outside_assortment"}


@pytest.fixture(scope="module")
async def cee(databases: Databases) -> AsyncIterator[Pool]:
    async with pool(databases.cee, size=4) as made:
        yield made


@pytest.fixture(scope="module")
async def company(cee: Pool) -> Generated:
    async with cee.acquire() as connection:
        return await generate(connection, "tiny", seed=5)


@pytest.fixture(scope="module")
async def second(cee: Pool, company: Generated) -> Generated:
    async with cee.acquire() as connection:
        return await generate(connection, "tiny", seed=6, channel="DE1")


async def test_every_kind_has_bad_records_of_its_codes(company: Generated) -> None:
    assert {kind: {record.code for record in company.bad if record.kind == kind} for kind in KINDS} == CODES


async def test_bad_records_get_their_codes_and_only_those_with_a_warning_arrive(
    cee: Pool, company: Generated, second: Generated, tmp_path: Path
) -> None:
    for made in (company, second):
        outcome = await through_views(cee, made.channel, tmp_path)
        async with cee.acquire() as connection:
            wanted = await expected(connection, made.channel)
        for record in made.bad:
            assert record.code in outcome.codes.get((record.kind, record.key), set()), record
            assert (record.key in wanted[record.kind]) is (record.code in WARNINGS), record


async def test_the_views_send_what_the_tables_say(cee: Pool, company: Generated, second: Generated, tmp_path: Path) -> None:
    for made in (company, second):
        outcome = await through_views(cee, made.channel, tmp_path)
        reps = [row["rep"] for row in await cee.fetch("select rep from cee.rep_profile where channel = $1 order by rep", made.channel)]
        async with cee.acquire() as connection:
            for rep in [None, *reps[:3]]:
                wanted = await expected(connection, made.channel, rep)
                assert [str(found) for found in compare(wanted, outcome.device(rep))] == []
                assert all(len(wanted[kind]) > 3 for kind in KINDS)


async def test_reps_hold_different_partners_and_documents(cee: Pool, company: Generated) -> None:
    async with cee.acquire() as connection:
        one, other = [await expected(connection, company.channel, rep) for rep in ("H001", "H002")]
        everything = await expected(connection, company.channel)
    for kind in ("partners", "sales-documents", "attachments", "master-data"):
        assert one[kind].keys() != other[kind].keys()
        assert one[kind].keys() < everything[kind].keys()
    assert one["articles"] == other["articles"] == everything["articles"]


async def test_a_difference_of_any_sort_is_found(cee: Pool, company: Generated, tmp_path: Path) -> None:
    held = (await through_views(cee, company.channel, tmp_path)).device()
    async with cee.acquire() as connection:
        wanted = await expected(connection, company.channel)
    price = next(key for key, body in held["price-lists"].items() if body["record"] == "price")
    partner = next(key for key, (op, _fields) in wanted["partners"].items() if op == "upsert")
    category = next(key for key, body in held["article-categories"].items() if body.get("articles"))
    held["price-lists"][price] = held["price-lists"][price] | {"price": "0.01"}
    held["article-categories"][category] = held["article-categories"][category] | {"articles": []}
    held["partners"][partner] = held["partners"][partner] | {"op": "deactivate"}
    held["availability"]["none/M01/1000"] = {"op": "upsert", "article": "none", "warehouse": "M01", "quantity": "1"}
    held["articles"]["gone"] = {"op": "deactivate", "number": "gone"}
    found = {(difference.kind, difference.key): difference.problem for difference in compare(wanted, held)}
    assert found == {
        ("price-lists", price): "different",
        ("article-categories", category): "different",
        ("partners", partner): "missing",
        ("availability", "none/M01/1000"): "unexpected",
    }
