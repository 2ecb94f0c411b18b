"""From CEE to devices where more than one object is concerned: re-assignment, the calendar, an inactive channel, bad records."""

from __future__ import annotations

from services.sandbox.device.device import Device
from tests.stack import eventually
from tests.system import System, held


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
