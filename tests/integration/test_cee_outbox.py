"""What the reference CEE's triggers write to the outbox, and the versions they keep."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.kernel.postgres import connect
from tests.integration.cee_bed import Cee, company
from tests.stack import Databases

PRICE = "L1/A1/PCS/0/2026-01-01"


@pytest.fixture
async def cee(databases: Databases) -> AsyncIterator[Cee]:
    async with company(databases.cee) as made:
        yield made


NOTHING = """
update cee.partner set name = name, version = version;
update cee.partner_address set city = city;
update cee.article set status = 'active' where number = 'A1';
update cee.article_unit set factor = 1 where unit = 'PCS';
update cee.stock set available = available;
update cee.price set price = price;
update cee.price_list set name = name;
update cee.document set partner = partner;
update cee.document_line set value = value;
update cee.attachment set content = content;
update cee.channel set description = description;
update cee.rep_profile set series = series;
update cee.category_tree set status = status;
update cee.partner set name = 'x' where number = 'NOBODY';
delete from cee.price where list = 'NOWHERE'
"""


@pytest.mark.parametrize("change", [statement.strip() for statement in NOTHING.split(";")])
async def test_a_change_that_alters_nothing_writes_nothing(cee: Cee, change: str) -> None:
    before = await cee.connection.fetchval(
        "select sum(version) from (select version from cee.partner union all select version from cee.price) v"
    )
    touched = await cee.connection.execute(change)
    assert "NOBODY" in change or "NOWHERE" in change or not touched.endswith(" 0"), "the rows are there"
    assert await cee.outbox() == []
    after = await cee.connection.fetchval(
        "select sum(version) from (select version from cee.partner union all select version from cee.price) v"
    )
    assert after == before


async def test_a_part_makes_only_its_object_due(cee: Cee) -> None:
    await cee.change("update cee.partner_address set city = 'Gdynia' where partner = 'K1'")
    assert await cee.due() == {("partners", "K1")}
    await cee.change("update cee.stock set available = 4 where article = 'A2'")
    assert await cee.due() == {("availability", "A2/W2/ORG")}
    await cee.change("update cee.document set status_delivery = 'part' where hq_number = '3'")
    assert await cee.due() == {("sales-documents", "ZS/3")}
    await cee.change("update cee.price set price = 99 where row_id = '1'")
    assert await cee.due() == {("price-lists", PRICE), ("price-lists", "L1")}


async def test_a_new_document_makes_due_what_may_travel_with_it(cee: Cee) -> None:
    await cee.change("""
        insert into cee.document (type, hq_number, channel, partner, issue_date, currency, payment_form)
            values ('ZS', '9', 'C1', 'K2', '2026-11-24', 'PLN', 'CASH');
        insert into cee.document_line (type, hq_number, position, article, quantity, unit, vat_rate, regular_price, discounted_price, value)
            values ('ZS', '9', 1, 'A1', 1, 'PCS', 'A23', 1, 1, 1), ('ZS', '9', 2, 'A3', 1, 'PCS', 'A23', 1, 1, 1)""")
    assert await cee.due() == {("sales-documents", "ZS/9"), ("partners", "K2"), ("articles", "A3")}, "A1 is in the assortment already"


async def test_a_document_that_comes_with_its_lines_has_one_version_and_one_row(cee: Cee) -> None:
    line = """insert into cee.document_line (type, hq_number, position, article, quantity, unit, vat_rate, regular_price,
        discounted_price, value) values ('ZS', '9', {position}, 'A1', 1, 'PCS', 'A23', 1, 1, 1)"""
    await cee.change("""insert into cee.document (type, hq_number, channel, partner, issue_date, currency, payment_form)
        values ('ZS', '9', 'C1', 'K2', cee.today('Europe/Warsaw'), 'PLN', 'CASH')""")
    born = await cee.version("sales-documents", "ZS/9")
    await cee.change(line.format(position=1))
    assert await cee.version("sales-documents", "ZS/9") == born
    assert sorted(row[:2] for row in await cee.outbox()) == [("partners", "K2"), ("sales-documents", "ZS/9")]
    await cee.change("update cee.document set partner = partner where hq_number = '9'")
    await cee.change(line.format(position=2))
    assert await cee.version("sales-documents", "ZS/9") > born, "nothing else had made it due"
    assert await cee.due() == {("sales-documents", "ZS/9")}


async def test_documents_of_no_channel_stay_in_cee(cee: Cee) -> None:
    await cee.change("""insert into cee.document (type, hq_number, partner, issue_date, currency, payment_form)
        values ('ZS', '9', 'K2', '2026-11-24', 'PLN', 'CASH')""")
    assert await cee.outbox() == []


async def test_rows_of_one_channel_name_it(cee: Cee) -> None:
    await cee.change("insert into cee.channel_partner (channel, partner) values ('C2', 'K1')")
    assert ("partners", "K1", "C2", "reps") in await cee.outbox()
    await cee.change("insert into cee.assortment_item (listing, list, article) values ('AL-C2', 'BASE', 'A3')")
    assert await cee.outbox() == [("articles", "A3", "C2", "assortment")]


async def test_channel_settings_name_what_depends_on_them(cee: Cee) -> None:
    await cee.change("update cee.channel set active = true where id = 'C2'")
    assert await cee.outbox() == [("channels", "C2", "C2", None)]
    await cee.change("update cee.channel set allow_negative = true where id = 'C1'")
    assert await cee.outbox() == [("channels", "C1", "C1", None), ("channels", "C1", "C1", "stock")]
    await cee.change("delete from cee.channel where id = 'C2'")
    assert ("channels", "C2", "C2", None) in await cee.outbox()


@pytest.mark.parametrize(
    "change",
    [
        "update cee.partner set name = 'Inna' where number = 'K1'",
        "update cee.partner_address set city = 'Gdynia' where partner = 'K1'",
        "insert into cee.partner_contact (id, partner, type, value) values (gen_random_uuid(), 'K1', 'fax', '1')",
        "update cee.contact_person set first_name = 'Ola'",
        "delete from cee.contact_person_contact",
        "update cee.channel_partner set assigned = false where partner = 'K1'",
        "delete from cee.partner_rep",
    ],
)
async def test_a_partners_version_rises_with_all_that_is_its(cee: Cee, change: str) -> None:
    before, other = await cee.version("partners", "K1"), await cee.version("partners", "K2")
    await cee.change(change)
    assert await cee.version("partners", "K1") > before
    assert await cee.version("partners", "K2") == other


async def test_a_version_never_falls_back_when_an_object_returns(cee: Cee) -> None:
    before = await cee.version("price-lists", PRICE)
    await cee.change("""
        create temp table kept on commit drop as
            select row_id, list, article, unit, scale, valid_from, price from cee.price where row_id = '1';
        delete from cee.price where row_id = '1';
        insert into cee.price (row_id, list, article, unit, scale, valid_from, price) select * from kept""")
    assert await cee.version("price-lists", PRICE) > before


async def test_list_version_is_the_highest_of_its_rows_and_rises_with_removals(cee: Cee) -> None:
    await cee.change("update cee.price set price = 99 where row_id = '1'")
    first = (await cee.body("price-lists", "L1"))["list_version"]
    assert first == await cee.version("price-lists", PRICE)
    await cee.change("delete from cee.price where row_id = '1'")
    assert (await cee.body("price-lists", "L1"))["list_version"] > first
    assert await cee.connection.fetchval("select count(*) from cee.price_list_change where list = 'L1'") == 1, "older figures are not kept"


async def test_repricing_everything_is_one_row_a_price(cee: Cee) -> None:
    await cee.change("update cee.price set price = price + 1")
    rows = await cee.outbox()
    prices = await cee.connection.fetchval("select count(*) from cee.price")
    assert len(rows) == len(set(rows)) == prices + 3, "each price once, and the three lists"


async def test_a_load_without_triggers_is_made_good(cee: Cee) -> None:
    await cee.change("""
        set local session_replication_role = replica;
        insert into cee.price (row_id, list, article, unit, valid_from, price) values ('L', 'L1', 'A2', 'PCS', '2026-01-01', 1);
        update cee.channel set category_root_fixed = null;
        set local session_replication_role = origin""")
    assert await cee.outbox() == []
    await cee.connection.execute("select cee.loaded()")
    assert (await cee.body("price-lists", "L1"))["list_version"] == await cee.version("price-lists", "L1/A2/PCS/0/2026-01-01")
    assert await cee.connection.fetchval("select category_root_fixed from cee.channel where id = 'C1'") == "T-C1"
    assert await cee.connection.fetchval("select category_root_fixed from cee.channel where id = 'C2'") is None, "never active"


async def test_a_commit_wakes_the_source_once(databases: Databases) -> None:
    listener, writer = await connect(databases.cee), await connect(databases.cee)
    heard: asyncio.Queue[str] = asyncio.Queue()
    try:
        await listener.add_listener("ceebus_outbox", lambda *_: heard.put_nowait("woken"))
        async with writer.transaction():
            await writer.execute("insert into cee.unit (code, name) values ('X', '{}')")
            await writer.execute("update cee.unit set decimals = 1 where code = 'X'")
            assert heard.empty()
        async with asyncio.timeout(5):
            await heard.get()
        await listener.execute("select 1")
        assert heard.empty()
        await writer.execute("delete from cee.unit where code = 'X'")
        async with asyncio.timeout(5):
            await heard.get()
    finally:
        await writer.close()
        await listener.close()
