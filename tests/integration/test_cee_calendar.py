"""The calendar of the reference CEE: today by the channel's own time zone, and what the daily tick makes due."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.cee_bed import Cee, Reference, company
from tests.stack import Databases

TOMORROW = "cee.today('Europe/Warsaw') + 1"
# what is prepared today: what a device must see change tomorrow
TURNS: dict[str, set[Reference]] = {
    f"update cee.rep set valid_to = {TOMORROW} where number = 'R1'": {
        ("sales-reps", "R1"), ("sales-documents", "ZS/1%2F26"), ("attachments", "00000000-0000-4000-8000-0000000000d1"),
    },
    f"update cee.rep set valid_from = {TOMORROW} where number = 'R2'": {("sales-reps", "R2"), ("price-lists", "L1")},
    f"update cee.assortment_list set valid_to = {TOMORROW} where list = 'EXTRA'": {
        ("articles", "A%2F4%25"), ("availability", "A%2F4%25/W1/ORG"), ("price-lists", "L1/A%2F4%25/PCS/10/2026-01-01"),
    },
    f"update cee.assortment_item set valid_from = {TOMORROW} where article = 'A1' and listing = 'AL-C1'": {
        ("articles", "A1"), ("availability", "A1/W1/ORG"), ("attachments", "00000000-0000-4000-8000-0000000000a1"),
    },
    f"insert into cee.price_listing_item (listing, list, valid_from) values ('PL-C1', 'LX', {TOMORROW})": {
        ("price-lists", "LX"), ("price-lists", "LX/A1/PCS/0/2026-01-01"),
    },
    f"update cee.price_listing_item set valid_to = {TOMORROW} where list = 'LK'": {
        ("price-lists", "LK"), ("price-lists", "LK/A2/PCS/0/2026-01-01"),
    },
    f"insert into cee.partner_version (partner, valid_from, name) values ('K1', {TOMORROW}, 'Jutro')": {("partners", "K1")},
    f"insert into cee.partner_version (partner, valid_from, status) values ('K1', {TOMORROW}, 'inactive')": {
        ("partners", "K1"), ("price-lists", "LK"), ("master-data", "customer-discounts/CD1"),
    },
}  # fmt: skip


@pytest.fixture
async def cee(databases: Databases) -> AsyncIterator[Cee]:
    async with company(databases.cee) as made:
        yield made


async def tick(cee: Cee, days: int, channel: str = "C1") -> int:
    """The clock goes on by `days`; the number of rows the tick wrote."""
    await cee.change(f"update cee.clock set days = days + {days}")
    return int(
        await cee.connection.fetchval(
            f"select cee.tick(c.id, cee.today(c.time_zone) - {days}, cee.today(c.time_zone)) from cee.channel c where c.id = $1", channel
        )
    )


@pytest.mark.parametrize("change", TURNS)
async def test_whatever_a_day_alters_is_due(cee: Cee, change: str) -> None:
    await cee.change(change)
    await cee.outbox()
    before = await cee.state()
    assert await tick(cee, 1) > 0
    now = await cee.state()
    altered = {reference for reference in before.keys() | now.keys() if before.get(reference) != now.get(reference)}
    assert altered >= TURNS[change]
    due = await cee.due()
    assert altered <= due, f"nobody hears of {sorted(altered - due)}"
    assert await tick(cee, 1) == 0, "each day once"


async def test_days_missed_are_caught_up_in_one_tick(cee: Cee) -> None:
    await cee.change(f"update cee.assortment_item set valid_to = {TOMORROW} + 1 where article = 'A1' and listing = 'AL-C1'")
    await cee.outbox()
    assert await tick(cee, 5) == 1
    assert await cee.outbox() == [("articles", "A1", "C1", "assortment")]


async def test_an_old_document_leaves_without_a_tick(cee: Cee) -> None:
    """It leaves in an anytime run only (domain.md 7.3): the view says so, nothing is due."""
    assert "OS/2" in await cee.keys("sales-documents")
    assert await tick(cee, 90) == 0
    assert "OS/2" not in await cee.keys("sales-documents")
    assert "OS/2" in await cee.keys("sales-documents", member=False)
    assert "ZS/3" in await cee.keys("sales-documents"), "open ones always stay"


async def test_a_list_that_begins_is_named_though_devices_know_its_dates(cee: Cee) -> None:
    await cee.change(f"update cee.price_list set valid_from = {TOMORROW} where code = 'L1'")
    await cee.outbox()
    assert await tick(cee, 1) == 1
    assert await cee.due() == {("price-lists", "L1")}


async def test_each_channel_has_its_own_day(cee: Cee) -> None:
    await cee.change("update cee.channel set time_zone = case id when 'C1' then 'Pacific/Kiritimati' else 'Etc/GMT+12' end")
    east, west = await cee.connection.fetchrow("select cee.today('Pacific/Kiritimati'), cee.today('Etc/GMT+12')") or (None, None)
    assert east is not None
    assert (east - west).days in (1, 2), "26 hours lie between them"
    await cee.change("update cee.assortment_list set valid_from = cee.today('Pacific/Kiritimati') where list = 'BASE'")
    assert "A1" in await cee.keys("articles", channel="C1")
    await cee.change("insert into cee.assortment_item (listing, list, article) values ('AL-C2', 'BASE', 'A1')")
    assert "A1" not in await cee.keys("articles", channel="C2")
