"""Every kind from a commit in CEE's tables to a row on a device: change, dependent change, removal, audience, calendar."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.sandbox.device.device import Device
from tests.stack import eventually
from tests.system import FIRST, System, held


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
