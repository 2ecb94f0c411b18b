"""Which of a document's prices are not CEE's current ones (domain.md 3.7): the first list with a price of today decides."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.imports_bed import A1, P1, Bed, company
from tests.stack import Databases
from tests.unit.writer.document_uploads import line


@pytest.fixture
async def bed(databases: Databases, tmp_path: Path) -> AsyncIterator[Bed]:
    async with company(databases, tmp_path) as made:
        yield made


async def expected(bed: Bed, price: str = "99", *, price_mode: str = "net", **fields: Any) -> str | None:
    """What CEE would charge for A1, as the warning says; None: no warning."""
    (answer,) = await bed.send(bed.order(line(A1, regular_price=price, **fields), price_mode=price_mode))
    assert answer.outcome == "imported", "device prices stand"
    assert await bed.value("select regular_price from cee.document_line where hq_number = $1", answer.number) == Decimal(price)
    if not answer.remarks:
        return None
    (remark,) = answer.remarks
    assert (remark.code, remark.params["position"], remark.params["value"]) == ("price_outdated", 1, price)
    return str(remark.params["expected"])


LISTED = """
insert into cee.price_list(code, name, currency, level, customer, customer_class, priority, price_mode)
    values('N', '{}', 'PLN', {level}, {priority}, {mode});
insert into cee.price_listing_item(listing, list) values('PL@', 'N');
insert into cee.price(row_id, list, article, unit, valid_from, price) values('n', 'N', 'A1@', 'PCS', '2026-01-01', 7)
"""


def listed(level: str = "'item', null, null", priority: int = 1, mode: str = "'net'") -> str:
    """One more list with A1 at 7."""
    return LISTED.replace("{level}", level).replace("{priority}", str(priority)).replace("{mode}", mode)


async def test_the_current_price_is_none_to_warn_of(bed: Bed) -> None:
    assert await expected(bed, "12.5") is None
    assert await expected(bed, "12.49") == "12.5000"


@pytest.mark.parametrize(
    "change",
    [
        "delete from cee.price",
        "update cee.price set valid_from = cee.today('Europe/Warsaw') + 1",
        "update cee.price set valid_to = cee.today('Europe/Warsaw')",
        "update cee.price set unit = 'BOX'",
        "update cee.price set scale = 3",
        "update cee.price_listing_item set valid_to = cee.today('Europe/Warsaw')",
        "update cee.price_list set valid_from = cee.today('Europe/Warsaw') + 1",
    ],
)
async def test_where_cee_has_no_price_nothing_differs(bed: Bed, change: str) -> None:
    await bed.change(change)
    assert await expected(bed) is None


async def test_the_largest_scale_up_to_the_quantity_counts(bed: Bed) -> None:
    await bed.change("""insert into cee.price(row_id, list, article, unit, scale, valid_from, price)
        values('s5', 'L@', 'A1@', 'PCS', 5, '2026-01-01', 11), ('s10', 'L@', 'A1@', 'PCS', 10, '2026-01-01', 10)""")
    found = [await expected(bed, quantity=quantity) for quantity in ("4.999", "5", "9", "10.5")]
    assert found == ["12.5000", "11.0000", "11.0000", "10.0000"]


async def test_a_price_ends_where_the_next_one_of_its_scale_begins(bed: Bed) -> None:
    await bed.change("""insert into cee.price(row_id, list, article, unit, scale, valid_from, valid_to, price)
        values('a', 'L@', 'A1@', 'PCS', 2, '2026-01-01', null, 11), ('b', 'L@', 'A1@', 'PCS', 2, '2026-02-01', '2026-03-01', 10)""")
    assert await expected(bed) == "12.5000", "the price for two has ended, and none before it has come back"


async def test_a_price_to_come_is_not_current(bed: Bed) -> None:
    await bed.change(
        "insert into cee.price(row_id, list, article, unit, valid_from, price)"
        " values('c', 'L@', 'A1@', 'PCS', cee.today('Europe/Warsaw') + 1, 1)"
    )
    assert await expected(bed) == "12.5000"


async def test_prices_are_compared_for_one_and_the_same_quantity(bed: Bed) -> None:
    await bed.change("update cee.price set price = 1250, price_unit = 100 where article = 'A1@'")
    assert await expected(bed, "12.5") is None
    assert await expected(bed, "125", price_unit="10") is None
    assert await expected(bed, "126", price_unit="10") == "125.0000"
    await bed.change("update cee.price set price = 99999999999.9999, price_unit = 0.001 where article = 'A1@'")
    assert await expected(bed, "1", quantity="1", price_unit="999999999999.999") == "99999999999999800000000000.0001"


@pytest.mark.parametrize(
    ("change", "price"),
    [
        (listed(priority=1), "7.0000"),
        (listed(priority=6) + "; update cee.price_list set priority = 5 where code = 'L@'", "12.5000"),
        (listed("'customer-item', 'P1@', null"), "7.0000"),
        (listed("'customer-item', 'P2@', null"), "12.5000"),
        (listed("'customer-class-item', null, 'K1'"), "7.0000"),
        (listed("'customer-class-item', null, 'K2'"), "12.5000"),
        (listed(priority=6), "12.5000"),  # not on the profile: behind its equals
        (listed(priority=6) + "; insert into cee.rep_price_list values('@', 'R1@', 'N', 0)", "7.0000"),
        (listed().replace("'PCS'", "'BOX'"), "12.5000"),
    ],
)
async def test_lists_are_asked_by_priority_and_then_by_the_profile(bed: Bed, change: str, price: str) -> None:
    await bed.change(change)
    assert await expected(bed) == price


async def test_a_partner_version_s_class_counts_from_its_day_on(bed: Bed) -> None:
    await bed.change(listed("'customer-class-item', null, 'K2'"))
    await bed.change("insert into cee.partner_version(partner, valid_from, price_class) values('P1@', cee.today('Europe/Warsaw'), 'K2')")
    assert await expected(bed) == "7.0000"
    assert await bed.value("select partner from cee.document where origin = 'mobile'") == P1


async def test_a_list_of_the_other_mode_is_reckoned_over(bed: Bed) -> None:
    assert await expected(bed, "15.375", price_mode="gross") is None, "12.50 and 23 %"
    assert await expected(bed, "12.5", price_mode="gross") == "15.3750"
    await bed.change("update cee.price_list set price_mode = 'gross'")
    assert await expected(bed, "10.1626") is None
    assert await expected(bed, "12.5") == "10.1626"


async def test_each_document_and_line_is_warned_of_by_itself(bed: Bed) -> None:
    answers = await bed.send(bed.order(line(A1), line(A1, regular_price="1")), bed.order(line(A1)), bed.order(line(A1, regular_price="2")))
    assert [[(remark.params["position"], remark.params["value"]) for remark in answer.remarks] for answer in answers] == [
        [(2, "1")],
        [],
        [(1, "2")],
    ]
