"""Pulling the feed: pages, the consistent cut, removals, audience, full downloads.

It is one thing: every test pulls from the same small world and says what the device then has.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.gateway.access import SQL
from services.kernel.settings import Settings
from services.sandbox.device.client import Page
from services.sandbox.device.device import EVERYTHING, Device
from tests.integration.gateway_world import Change, World, article, gone, keys, lines, numbers, partner, raw, world

_CLEAN = """
with cleaned as (delete from ceebus.feed where channel = $1 and removed returning position)
update ceebus.feed_position set oldest = coalesce((select max(position) from cleaned), oldest) where channel = $1"""


@pytest.fixture
async def here(settings: Settings, channel: str) -> AsyncIterator[World]:
    async with world(settings, channel) as made:
        yield made


async def pages(device: Device, amount: int, limit: int = 10) -> list[Page]:
    """Stages so many pages, as a pull that is cut afterwards."""
    found = [page async for page in device.client.pages(device.store.recall("cursor"), EVERYTHING, limit=limit, pages=amount)]
    for page in found:
        device.store.stage(page.lines, page.cursor, page.full)
    return found


async def test_first_pull_brings_everything_and_the_next_only_what_changed(here: World, tmp_path: Path) -> None:
    last = await here.put(*(article(number) for number in numbers("A", 25)))
    async with await here.device(tmp_path) as device:
        first = await device.pull(limit=10)
        assert (first.rows, first.pages, first.applied, first.position, first.full) == (25, 3, 25, last, ("data", "attachments"))
        assert keys(device, "articles") == set(numbers("A", 25))
        await here.put(article("A000003", "changed"))
        second = await device.pull()
        assert (second.rows, second.applied, second.full) == (1, 1, ())
        assert device.rows("articles")["A000003"]["name"] == {"en": "changed"}
        assert (await device.pull()).rows == 0


async def test_each_cut_is_consistent_while_the_feed_goes_on(here: World, tmp_path: Path) -> None:
    """Every transaction gives all rows of a set the same mark; a device must never see two marks."""
    names = numbers("A", 40)
    await here.put(*(article(name, "0") for name in names), *(article(name) for name in numbers("B", 300)))
    stop = asyncio.Event()

    async def go_on() -> int:
        mark = 0
        while not stop.is_set():
            mark += 1
            await here.put(*(article(name, str(mark)) for name in names), article(f"B{mark % 300:06d}", str(mark)))
            await asyncio.sleep(0)
        return mark

    writing = asyncio.create_task(go_on())
    seen = set()
    async with await here.device(tmp_path) as device:
        for limit in (50, 100, 1000, 60, 5000, 70):
            await device.pull(limit=limit)
            marks = {body["name"]["en"] for key, body in device.rows("articles").items() if key in names}
            assert len(marks) == 1, f"two transactions mixed: {marks}"
            seen |= marks
        stop.set()
        written = await writing
        assert len(seen) > 3
        assert written > 10  # the test bit: many transactions went on meanwhile
        await device.pull()
        assert {body["name"]["en"] for key, body in device.rows("articles").items() if key in names} == {str(written)}


async def test_removed_rows_are_deleted_once_and_never_sent_to_a_new_device(here: World, tmp_path: Path) -> None:
    await here.put(article("A1"), article("A2"))
    async with await here.device(tmp_path) as device, await here.device(tmp_path) as late:
        await device.pull()
        await here.put(gone("articles", "A1"))
        assert (await device.pull()).applied == 1
        assert keys(device, "articles") == {"A2"}
        assert (await late.pull()).rows == 1
        assert [line.op for line in device.log()] == ["upsert", "upsert", "delete"]


async def test_removal_during_a_full_download_reaches_what_was_staged(here: World, tmp_path: Path) -> None:
    await here.put(gone("articles", "OLD"), *(article(number) for number in numbers("A", 30)))
    async with await here.device(tmp_path) as device:
        first = await pages(device, 1)
        assert len(first[0].lines) == 10
        await here.put(gone("articles", "A000002"), gone("articles", "A000025"))
        await device.pull(limit=10)
        assert keys(device, "articles") == set(numbers("A", 30)) - {"A000002", "A000025"}
        assert not any(line.key == "OLD" for line in device.log())


async def test_deactivation_renews_the_stub_fields_of_the_row_on_the_device(here: World, tmp_path: Path) -> None:
    await here.put(article("A1", "old", weight="1.5"))
    stub = Change("articles", "A1", {"number": "A1", "name": {"en": "new"}}, op="deactivate")
    async with await here.device(tmp_path) as device, await here.device(tmp_path) as late:
        await device.pull()
        await here.put(stub)
        await device.pull()
        await late.pull()
        row = device.rows("articles")["A1"]
        assert (row["op"], row["name"], row["weight"]) == ("deactivate", {"en": "new"}, "1.5")
        assert "weight" not in late.rows("articles")["A1"]
        assert device.digest("articles") == late.digest("articles")


async def test_rep_sees_only_his_rows(here: World, tmp_path: Path) -> None:
    await here.put(partner("P1", "R1"), partner("P2", "R2"), partner("P3"), partner("P4", "R1", "R2"))
    async with await here.device(tmp_path, "R1") as one, await here.device(tmp_path, "R2") as two:
        await one.pull()
        await two.pull()
        assert keys(one, "partners") == {"P1", "P3", "P4"}
        assert keys(two, "partners") == {"P2", "P3", "P4"}


async def test_customer_lost_and_price_list_gained_during_a_pull(here: World, tmp_path: Path) -> None:
    """F23: rows vanish and appear together, nothing dangles."""
    discount = {"dictionary": "customer-discounts", "code": "D1", "partner": "P1", "component": "RAB"}
    prices = [
        Change("price-lists", f"L1/{number}", {"record": "price", "list": "L1", "article": number, "unit": "PCS"})
        for number in numbers("A", 5)
    ]
    hers = {"currency": "PLN", "record": "list", "code": "L1"}
    words = [Change("master-data", key, {}) for key in ("price-types/RAB", "currencies/PLN", "units/PCS")]
    await here.put(
        *words,
        partner("P1", "R1"),
        Change("master-data", "customer-discounts/D1", discount, ["R1"]),
        Change("attachments", "X1", {"owner_kind": "partner", "owner_key": "P1"}, ["R1"]),
        *(article(number) for number in numbers("A", 30)),
        Change("price-lists", "L1", hers, ["R2"]),
        *(Change(price.kind, price.key, price.body, ["R2"]) for price in prices),
    )
    async with await here.device(tmp_path, "R1") as device, await here.device(tmp_path, "R2") as other:
        await device.pull()
        await here.put(*(article(number, "again") for number in numbers("A", 30)))
        await pages(device, 1)
        await here.put(
            Change("partners", "P1", {"number": "P1", "name": "Partner P1"}, ["R2"], ["R1"]),
            Change("master-data", "customer-discounts/D1", discount, ["R2"], ["R1"]),
            Change("attachments", "X1", {"owner_kind": "partner", "owner_key": "P1"}, ["R2"], ["R1"]),
            Change("price-lists", "L1", hers, ["R1", "R2"]),
            *(Change(price.kind, price.key, price.body, ["R1", "R2"]) for price in prices),
        )
        pulled = await device.pull(limit=10)
        assert pulled.pages > 2
        assert keys(device, "partners") == set()
        assert keys(device, "master-data") == {"price-types/RAB", "currencies/PLN", "units/PCS"}
        assert keys(device, "attachments") == set()
        assert len(keys(device, "price-lists")) == 6
        assert device.store.dangling() == []
        await other.pull()
        assert (keys(other, "partners"), keys(other, "attachments")) == ({"P1"}, {"X1"})


async def test_everybody_else_loses_a_row_that_becomes_private(here: World, tmp_path: Path) -> None:
    await here.put(partner("P1"))
    async with await here.device(tmp_path, "R1") as keeps, await here.device(tmp_path, "R2") as loses:
        await keeps.pull()
        await loses.pull()
        await here.put(Change("partners", "P1", {"number": "P1", "name": "P"}, ["R1"], ["*"]))
        await keeps.pull()
        await loses.pull()
        assert (keys(keeps, "partners"), keys(loses, "partners")) == ({"P1"}, set())


async def test_attachments_can_be_left_out_and_fetched_later(here: World, tmp_path: Path) -> None:
    owned = Change("attachments", "X1", {"owner_kind": "article", "owner_key": "A1"})
    await here.put(article("A1"), owned)
    async with await here.device(tmp_path) as device:
        assert (await device.pull(("data",))).full == ("data",)
        assert keys(device, "attachments") == set()
        assert (await device.pull()).full == ("attachments",)
        assert keys(device, "attachments") == {"X1"}


async def test_device_that_was_away_too_long_downloads_everything_and_brings_nothing_back(here: World, tmp_path: Path) -> None:
    """F19: the removal it missed is forgotten; until the new download is complete the old data stays in use."""
    await here.put(*(article(number) for number in numbers("A", 30)))
    async with await here.device(tmp_path) as device:
        await device.pull()
        await here.put(gone("articles", "A000001"), article("A000002", "newer"))
        await here.pool.execute(_CLEAN, here.channel)
        async with raw(here, device) as client:
            answer = await client.get("/v1/sync", params={"cursor": device.store.recall("cursor") or ""})
            assert (answer.status_code, answer.json()["code"]) == (410, "resync_required")
        device.store.restart()
        await pages(device, 2)
        assert keys(device, "articles") == set(numbers("A", 30))
        pulled = await device.pull()
        assert pulled.full == ("data", "attachments")
        assert keys(device, "articles") == set(numbers("A", 30)) - {"A000001"}
        assert [(line.key, line.op) for line in device.log(30)] == [("A000002", "upsert"), ("A000001", "delete")]


async def test_full_download_survives_the_cleaning_of_removals_older_than_itself(here: World, tmp_path: Path) -> None:
    await here.put(*(article(number) for number in numbers("A", 30)), gone("articles", "OLD"))
    async with await here.device(tmp_path) as device:
        await pages(device, 1)
        await here.pool.execute(_CLEAN, here.channel)
        assert (await device.pull(limit=10)).restarts == 0
        assert keys(device, "articles") == set(numbers("A", 30))


async def test_restored_feed_makes_devices_reload(here: World, tmp_path: Path) -> None:
    await here.put(article("A1"), article("A2"))
    async with await here.device(tmp_path) as device:
        await device.pull()
        await here.pool.execute("update ceebus.feed_position set epoch = gen_random_uuid(), last = 1 where channel = $1", here.channel)
        await here.pool.execute("delete from ceebus.feed where channel = $1 and key = 'A2'", here.channel)
        assert (await device.pull()).restarts == 1
        assert keys(device, "articles") == {"A1"}


async def test_channel_without_a_feed_is_empty_and_catches_up(here: World, tmp_path: Path) -> None:
    async with await here.device(tmp_path) as device:
        assert (await device.pull()).rows == 0
        await here.put(article("A1"))
        await device.pull()
        assert keys(device, "articles") == {"A1"}


@pytest.mark.parametrize(
    ("accepted", "encoding"), [("zstd, gzip", "zstd"), ("gzip", "gzip"), ("identity", None), ("gzip;q=0, zstd;q=0", None)]
)
async def test_answer_is_compressed_as_the_client_asks(here: World, tmp_path: Path, accepted: str, encoding: str | None) -> None:
    await here.put(*(article(number) for number in numbers("A", 20)))
    async with await here.device(tmp_path) as device, raw(here, device, accept_encoding=accepted) as client:
        answer = await client.get("/v1/sync", params={"limit": 7})
        assert answer.headers.get("content-encoding") == encoding
        found = lines(answer)
        assert [line["rows"] for line in found if "cursor" in line] == [7, 7, 6]
        assert len(found) == 23


@pytest.mark.parametrize("name", ["data_rows", "attachments_rows"])
async def test_pages_walk_the_position_index(here: World, name: str) -> None:
    """A sort of the whole channel for each page would be ten times slower (design.md 10)."""
    await here.put(*(article(number) for number in numbers("A", 3000)), *(Change("attachments", key, {}) for key in numbers("X", 500)))
    async with here.pool.acquire() as connection, connection.transaction():
        await connection.execute("analyze ceebus.feed")  # as autovacuum does once there is so much
        await connection.execute("set local plan_cache_mode = force_generic_plan")  # what a long-lived connection ends up with
        await connection.execute(f"prepare page(text, bigint, bigint, text, bigint, bigint, text) as {getattr(SQL, name)}")
        plan = "\n".join(
            row[0] for row in await connection.fetch(f"explain execute page('{here.channel}', 0, 99999, 'R1', 0, 5001, 'device/D')")
        )
    assert f"feed_{name.removesuffix('_rows')}" in plan, plan
    assert "Sort" not in plan, plan
