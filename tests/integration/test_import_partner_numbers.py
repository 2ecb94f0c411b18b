"""The numbers CEE gives to imported partners: one after the other, without gaps, by whoever writes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from services.kernel.postgres import DatabaseError, connect
from tests.integration.partners_bed import COMPANY, Bed, company
from tests.stack import Databases


@pytest.fixture
async def bed(databases: Databases) -> AsyncIterator[Bed]:
    async with company(databases.cee) as made:
        yield made


async def test_numbers_follow_each_other_and_those_taken_by_hand_are_stepped_over(bed: Bed) -> None:
    await bed.connection.execute(
        "insert into cee.partner(number, name, customer_type, currency, tax_class, payment_form, payment_term) "
        "values('M000002', 'Ręcznie', 'RETAIL', 'PLN', 'DOM', 'TRANSFER', '14D')"
    )
    answers = await bed.send(*(bed.new(name=f"Sklep {place}") for place in range(3)))
    assert [answer.number for answer in answers] == ["M000001", "M000003", "M000004"]
    assert await bed.next_number() == 5


async def test_a_rolled_back_import_leaves_no_gap_and_refused_ones_take_no_number(bed: Bed) -> None:
    savepoint = bed.connection.transaction()
    await savepoint.start()
    first = bed.new()
    (lost,) = await bed.send(first)
    await savepoint.rollback()
    bed.imported.clear()
    answers = await bed.send(bed.new(rep="R9"), first)
    assert [answer.code for answer in answers] == ["rep_missing", None]
    assert lost.number == answers[1].number == "M000001"
    assert await bed.next_number() == 2


async def test_a_number_range_that_is_missing_says_so(bed: Bed) -> None:
    await bed.connection.execute("delete from cee.number_range where name = 'partner'")
    with pytest.raises(DatabaseError, match="number range partner is missing"):
        await bed.send(bed.new())


async def test_two_writers_of_numbers_wait_for_each_other(databases: Databases) -> None:
    one, two = await connect(databases.cee), await connect(databases.cee)
    try:
        await one.execute((COMPANY / "dictionaries.sql").read_text())
        first = one.transaction()
        await first.start()
        assert await one.fetchval("select cee.take_numbers('partner', 2)") == ["M000001", "M000002"]
        await two.execute("set lock_timeout = '50ms'")
        with pytest.raises(DatabaseError, match="lock timeout"):
            await two.fetchval("select cee.take_numbers('partner', 1)")
        await first.rollback()
        async with two.transaction():
            assert await two.fetchval("select cee.take_numbers('partner', 1)") == ["M000001"]
        assert await one.fetchval("select cee.take_numbers('partner', 1)") == ["M000002"]
    finally:
        await one.execute("update cee.number_range set next = 1 where name = 'partner'")
        await one.close()
        await two.close()
