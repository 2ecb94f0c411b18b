"""Neither documents nor attachments make the import read a whole table that grows, whatever the planner believes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from services.kernel.postgres import Queries
from services.writer.target import attachments, documents, prices
from tests.integration.cee_bed import Cee, company
from tests.stack import Databases

CROWD = Path(__file__).with_name("cee_crowd.sql").read_text()
TODAY, TEXTS, IDS = date.today(), ["a", "b"], [str(uuid4()), str(uuid4())]
GROWING = "partner|channel_partner|article|assortment_item|price|document|document_line|attachment"
EACH_BATCH: list[tuple[Queries, str, list[object]]] = [
    (documents.QUERIES, "context", [datetime.now(UTC), "Europe/Warsaw", "PLN"]),
    (documents.QUERIES, "written", ["C1", IDS, TEXTS]),
    (documents.QUERIES, "partners", ["C1", TEXTS, IDS, TODAY]),
    (documents.QUERIES, "limits", ["C1", TEXTS]),
    (documents.QUERIES, "articles", ["AL-C1", TODAY, "{a,b}"]),
    (documents.QUERIES, "rates", [TEXTS]),
    (documents.QUERIES, "numbers", [TEXTS, [1, 1]]),
    (prices.QUERIES, "lists", ["PL-C1", TODAY, TEXTS, TEXTS]),
    (prices.QUERIES, "priorities", ["C1", TEXTS]),
    (prices.QUERIES, "differing", [TODAY, [[TEXTS, TEXTS]], "{1,1}", "{a,b}", "{a,b}", "{1,2}", "{1,2}", "{1,2}"]),
    (attachments.QUERIES, "present", [IDS]),
    (attachments.QUERIES, "partners", ["C1", TEXTS, IDS]),
    (attachments.QUERIES, "articles", [TEXTS]),
    (attachments.QUERIES, "documents", ["C1", TEXTS, IDS]),
    (attachments.QUERIES, "same", [TEXTS, TEXTS, TEXTS]),
    (attachments.QUERIES, "write", [IDS, *[TEXTS] * 7, [None, b"a"], [True, False], TEXTS]),
    (attachments.QUERIES, "yield_default", [TEXTS, TEXTS, IDS]),
]


@pytest.fixture(scope="module")
async def crowd(databases: Databases) -> AsyncIterator[Cee]:
    async with company(databases.cee) as cee:
        await cee.change(CROWD)
        await cee.change("analyze")
        yield cee


def named() -> Iterator[tuple[Queries, str]]:
    for module in (documents, prices, attachments):
        text = Path(str(module.__file__)).with_suffix(".sql").read_text()
        yield from ((module.QUERIES, name) for name in re.findall(r"^-- name: (\w+)", text, re.MULTILINE))


def test_every_statement_of_a_transaction_is_looked_at() -> None:
    assert set(named()) == {(queries, name) for queries, name, _ in EACH_BATCH}


@pytest.mark.parametrize("plans", ["force_custom_plan", "force_generic_plan"])
async def test_no_statement_reads_a_whole_table(crowd: Cee, plans: str) -> None:
    """For the values of a batch and, as prepared statements come to be planned, for values unknown."""
    await crowd.change(f"set local plan_cache_mode = {plans}")
    for queries, name, values in EACH_BATCH:
        plan = "\n".join(row[0] for row in await crowd.connection.fetch(f"explain {getattr(queries, name)}", *values))
        assert not re.search(rf"Seq Scan on (?:{GROWING})\b", plan), f"{name}:\n{plan}"
        for scan in re.findall(rf"(?:Index|Bitmap).* Scan .*on (?:{GROWING})\b[^\n]*\n(?:[^\n]*\n)*?[^\n]*", plan):
            assert "Index Cond" in scan or "Recheck Cond" in plan, f"{name}:\n{scan}"
