"""Every kind from a commit in CEE's tables to a row on a device: change, dependent change, removal, audience, calendar."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.sandbox.device.device import Device
from tests.stack import eventually
from tests.system import System, held

FIRST = {
    ("master-data", "warehouses/W@"),
    ("master-data", "customer-discounts/CD@"),
    ("sales-reps", "R1@"),
    ("partners", "P1@"),
    ("partners", "P2@"),
    ("articles", "A1@"),
    ("article-categories", "D@"),
    ("availability", "A1@/W@/O@"),
    ("price-lists", "L@"),
    ("price-lists", "L@/A1@/PCS/0/2026-01-01"),
    ("sales-documents", "ZS/1@"),
}


@pytest.fixture
async def fresh(system: System, channel: str) -> AsyncIterator[tuple[str, Device]]:
    """A channel with a company of its own and a device of R1 that holds all of it."""
    await system.company(channel)
    for kind, key in FIRST:
        await system.in_feed(channel, kind, key)
    async with system.device(channel, "R1@") as device:
        await device.pull()
        yield channel, device


@pytest.fixture(scope="module")
async def changing(system: System) -> AsyncIterator[tuple[str, Device]]:
    """One company for all tests that change something and take nothing away."""
    async with system.other_company() as channel, system.device(channel, "R1@") as device:
        await device.pull()
        yield channel, device


async def test_a_new_channel_reaches_its_reps_devices(system: System, channel: str) -> None:
    await system.company(channel)
    expected = {(kind, key.replace("@", channel)) for kind, key in FIRST}
    for kind, key in expected:
        await system.in_feed(channel, kind, key)
    await eventually(
        lambda: system.ours.fetchval("select count(*) = 2 from ceebus.feed where channel = $1 and kind = 'attachments'", channel)
    )
    async with system.device(channel, "R1@") as device:
        await device.pull()
        have = held(device)
        assert expected <= have.keys()
        assert sum(kind == "attachments" for kind, _ in have) == 2
        assert have["availability", f"A1{channel}/W{channel}/O{channel}"]["quantity"] == "7.000"
        assert await device.fetch_attachments() == 1
    async with system.device(channel, "R2@") as device:
        await device.pull()
        others = {("partners", f"P2{channel}"), ("master-data", f"customer-discounts/CD{channel}"), ("sales-documents", f"ZS/1{channel}")}
        assert expected - others <= held(device).keys()
        assert not others & held(device).keys()
    assert await system.due(channel) == {}


CHANGES = [
    (
        "master-data",
        "payment-forms/F@",
        "insert into cee.payment_form(code, name, type) values('F@', '{\"pl\": \"bon\"}', 'other')",
        {"type": "other"},
    ),
    ("sales-reps", "R1@", "update cee.rep set cee_user = null where number = 'R1@'", {"visits_allowed": False}),
    ("sales-reps", "R1@", "update cee.rep_profile set max_discount = 7 where rep = 'R1@'", {"profile.max_discount": "7.00"}),
    ("partners", "P1@", "update cee.partner set name = 'Nowa nazwa' where number = 'P1@'", {"name": "Nowa nazwa"}),
    ("partners", "P1@", "update cee.partner_address set city = 'Gdynia' where partner = 'P1@'", {"addresses.0.city": "Gdynia"}),
    ("partners", "P1@", "update cee.partner set status = 'blocked' where number = 'P1@'", {"orders_allowed": False}),
    ("articles", "A1@", "update cee.article set price_class = 'X' where number = 'A1@'", {"price_class": "X"}),
    ("articles", "A1@", "insert into cee.article_ean values('A1@', 'PCS', '5901234123457')", {"units.0.eans": ["5901234123457"]}),
    ("article-categories", "D@", "insert into cee.category_article(category, article) values('D@', 'A2@')", {"articles.1.article": "A2@"}),
    ("availability", "A1@/W@/O@", "update cee.stock set available = 2 where article = 'A1@'", {"quantity": "0"}),
    ("availability", "A1@/W@/O@", "update cee.article set allow_negative = true where number = 'A1@'", {"quantity": "2.000"}),
    ("availability", "A2@/W@/O@", "update cee.channel set allow_negative = true where id = '@'", {"quantity": "10.000"}),
    ("price-lists", "L@", "update cee.price_list set priority = 2 where code = 'L@'", {"priority": 2}),
    ("price-lists", "L@/A1@/PCS/0/2026-01-01", "update cee.price set price = 9.99 where row_id = 'A1@'", {"price": "9.9900"}),
    ("sales-documents", "ZS/1@", "update cee.document set status_delivery = 'full' where hq_number = '1@'", {"status_delivery": "full"}),
    ("sales-documents", "ZS/1@", "update cee.document_line set quantity = 4 where hq_number = '1@'", {"lines.0.quantity": "4.000"}),
]


def value_at(body: dict[str, Any], path: str) -> Any:
    """`addresses.0.city` of a body."""
    found: Any = body
    for part in path.split("."):
        if isinstance(found, list):
            found = found[int(part)] if int(part) < len(found) else None
        else:
            found = (found or {}).get(part)
    return found


@pytest.mark.parametrize(("kind", "key", "sql", "wanted"), CHANGES, ids=[f"{c[0]}:{next(iter(c[3]))}" for c in CHANGES])
async def test_a_change_reaches_the_device(
    system: System, changing: tuple[str, Device], kind: str, key: str, sql: str, wanted: dict[str, Any]
) -> None:
    channel, device = changing
    await system.change(channel, sql)

    async def arrived() -> bool:
        await device.pull()
        body = held(device).get((kind, key.replace("@", channel)), {})
        return all(
            value_at(body, path) == (value.replace("@", channel) if isinstance(value, str) else value) for path, value in wanted.items()
        )

    await eventually(arrived, within=20, every=0.1)


LOSSES = {
    "one by one": [
        ("master-data", "customer-discounts/CD@", "delete from cee.customer_discount where code = 'CD@'", None),
        ("sales-reps", "R2@", "update cee.rep set sales_rep = false where number = 'R2@'", "deactivate"),
        ("partners", "P1@", "delete from cee.channel_partner where partner = 'P1@'", "deactivate"),
        ("article-categories", "D@", "delete from cee.category where id = 'D@'", None),
        ("availability", "A1@/W@/O@", "delete from cee.stock where article = 'A1@'", None),
        ("price-lists", "L@/A1@/PCS/0/2026-01-01", "delete from cee.price where row_id = 'A1@'", None),
        (
            "sales-documents",
            "ZS/1@",
            "update cee.document set status_general = 'completed', issue_date = '2020-01-01' where hq_number = '1@'",
            "deactivate",
        ),
        ("attachments", "note", "delete from cee.attachment where owner_key = 'P1@'", None),
    ],
    "with its article": [
        ("articles", "A2@", "delete from cee.assortment_item where article = 'A2@'", "deactivate"),
        ("availability", "A2@/W@/O@", "", None),
        ("price-lists", "L@/A2@/PCS/0/2026-01-01", "", None),
        ("attachments", "picture", "delete from cee.assortment_item where article = 'A1@'", None),
    ],
    "with its list": [
        ("price-lists", "L@", "delete from cee.price_listing_item where list = 'L@'", None),
        ("price-lists", "L@/A1@/PCS/0/2026-01-01", "", None),
    ],
}


@pytest.mark.parametrize("group", LOSSES)
async def test_what_leaves_the_channel_leaves_the_device(system: System, fresh: tuple[str, Device], group: str) -> None:
    channel, device = fresh
    await system.in_feed(channel, "attachments", await attachment(system, channel, "picture"))
    await device.pull()
    gone: dict[tuple[str, str], str | None] = {}
    for kind, named, _sql, op in LOSSES[group]:
        gone[kind, await attachment(system, channel, named) if kind == "attachments" else named.replace("@", channel)] = op
    assert {held(device)[place]["op"] for place in gone} == {"upsert"}
    for sql in (sql for _kind, _named, sql, _op in LOSSES[group] if sql):
        await system.change(channel, sql)

    async def left() -> bool:
        await device.pull()
        have = held(device)
        found = {place: have[place]["op"] if place in have else None for place in gone}
        assert found == gone
        return True

    await eventually(left, within=20, every=0.1)


async def attachment(system: System, channel: str, which: str) -> str:
    type_ = {"note": "note", "picture": "image"}[which]
    return str(
        await system.cee.fetchval(
            "select key from cee.attachment where owner_key in ($1, $2) and type = $3", f"P1{channel}", f"A1{channel}", type_
        )
    )


async def test_a_reassigned_partner_moves_with_all_that_is_his(system: System, fresh: tuple[str, Device]) -> None:
    """Loss and gain of audience: P2 goes from R1 to R2, with its discount and its document."""
    channel, first = fresh
    his = {("partners", f"P2{channel}"), ("master-data", f"customer-discounts/CD{channel}"), ("sales-documents", f"ZS/1{channel}")}
    async with system.device(channel, "R2@") as second:
        await first.pull()
        await second.pull()
        assert his <= held(first).keys()
        assert not his & held(second).keys()
        await system.change(channel, "update cee.partner_rep set rep = 'R2@' where partner = 'P2@'")

        async def moved() -> bool:
            await first.pull()
            await second.pull()
            return his <= held(second).keys() and not his & held(first).keys()

        await eventually(moved, within=20, every=0.1)


async def test_the_calendar_alone_makes_things_due(system: System, fresh: tuple[str, Device]) -> None:
    """An assortment that ends and a price list that begins: nobody changes a row on that day."""
    channel, device = fresh
    await system.change(
        channel,
        """
        update cee.assortment_item set valid_to = cee.today('Europe/Warsaw') + 1 where article = 'A2@';
        insert into cee.price_list(code, name, currency) values('M@', '{"pl": "Jutro"}', 'PLN');
        insert into cee.price(row_id, list, article, unit, valid_from, price) values('M@', 'M@', 'A1@', 'PCS', '2026-01-01', 3);
        insert into cee.price_listing_item(listing, list, valid_from) values('PL@', 'M@', cee.today('Europe/Warsaw') + 1);
        """,
    )
    article, price = f"A2{channel}", f"M{channel}/A1{channel}/PCS/0/2026-01-01"
    await device.pull()
    assert held(device)["articles", article]["op"] == "upsert"
    assert ("price-lists", price) not in held(device)
    await system.cee.execute("update cee.clock set days = days + 1")

    async def turned() -> bool:
        await device.pull()
        have = held(device)
        return have["articles", article]["op"] == "deactivate" and ("price-lists", price) in have

    await eventually(turned, within=30, every=0.2)


async def test_a_deactivated_channel_transfers_nothing_until_it_is_active_again(system: System, fresh: tuple[str, Device]) -> None:
    channel, _ = fresh
    await system.change(channel, "update cee.channel set active = false where id = '@'")

    async def inactive() -> bool:
        return (await system.http.get(f"/v1/channels/{channel}")).json()["active"] is False

    await eventually(inactive, within=20)
    await system.change(channel, "update cee.partner set name = 'Später' where number = 'P1@'")
    async with system.other_company() as other:  # the change of an active channel committed later has arrived: ours would have, too
        await system.in_feed(other, "partners", "P1@")
    assert (await system.in_feed(channel, "partners", "P1@"))["name"] == "Sklep P1"
    await system.change(channel, "update cee.channel set active = true where id = '@'")
    await eventually(lambda: named(system, channel, "Später"), within=30)


async def named(system: System, channel: str, name: str) -> bool:
    return (await system.in_feed(channel, "partners", "P1@"))["name"] == name


async def test_bad_records_are_due_with_their_code_and_stop_nobody(system: System, fresh: tuple[str, Device]) -> None:
    channel, device = fresh
    await system.change(
        channel,
        """
        update cee.partner set currency = 'EUR' where number = 'P1@';
        insert into cee.price(row_id, list, article, unit, valid_from, price) values('Z@', 'L@', 'A1@', 'PCS', '2026-01-01', 13);
        insert into cee.price(row_id, list, article, unit, valid_from, price) values('Q1@', 'L@', 'A1@', 'PCS', '2026-06-01', 1),
            ('Q2@', 'L@', 'A1@', 'PCS', '2026-06-01', 2);
        insert into cee.category(id, tree, parent, name) values('E@', 'C@', 'F@', '{"pl": "E"}'), ('F@', 'C@', 'E@', '{"pl": "F"}');
        update cee.rep set employer = 'NOBODY', former_employers = '{}' where number = 'R2@';
        update cee.stock set available = 99 where article = 'A2@';
        """,
    )
    wanted = {
        ("partners", "P1@"): "currency_mismatch",
        ("price-lists", "L@/A1@/PCS/0/2026-06-01"): "duplicate_price",
        ("price-lists", "L@/A1@/PCS/0/2026-01-01"): "duplicate_price",
        ("article-categories", "E@"): "category_cycle",
        ("article-categories", "F@"): "category_cycle",
    }
    codes = {(kind, key.replace("@", channel)): code for (kind, key), code in wanted.items()}

    async def parked() -> bool:
        return codes.items() <= (await system.due(channel)).items()

    await eventually(parked, within=30)
    await device.pull()
    have = held(device)
    assert have["availability", f"A2{channel}/W{channel}/O{channel}"]["quantity"] == "96.000"
    assert have["partners", f"P1{channel}"]["currency"] == "PLN"  # the last good state stays in use
    assert have["price-lists", f"L{channel}/A1{channel}/PCS/0/2026-01-01"]["price"] == "12.5000"
    await system.change(channel, "update cee.partner set currency = 'PLN' where number = 'P1@'; delete from cee.price where row_id = 'Z@'")

    async def released() -> bool:
        left = await system.due(channel)
        return ("partners", f"P1{channel}") not in left and ("price-lists", f"L{channel}/A1{channel}/PCS/0/2026-01-01") not in left

    await eventually(released, within=20)
