"""A cursor is good for one device database of one device of one channel; acknowledging it says what is in use."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.kernel.settings import Settings
from services.sandbox.device.device import Device
from tests.integration.gateway_world import World, article, gone, is_problem, keys, lines, numbers, partner, raw, world


@pytest.fixture
async def here(settings: Settings, channel: str) -> AsyncIterator[World]:
    async with world(settings, channel) as made:
        yield made


def cursor_of(device: Device) -> str:
    cursor = device.store.recall("cursor")
    assert cursor
    return cursor


async def sync(client: httpx.AsyncClient, cursor: str) -> httpx.Response:
    return await client.get("/v1/sync", params={"cursor": cursor})


async def test_altered_cursor_is_refused(here: World, tmp_path: Path) -> None:
    await here.put(article("A1"))
    async with await here.device(tmp_path) as device, raw(here, device) as client:
        await device.pull()
        cursor = cursor_of(device)
        head, _, mac = cursor.partition(".")
        last = "A" if mac[-1] != "A" else "B"
        # the last letter of base64 has spare bits: a second spelling is refused as well
        for bad in (head[:-1] + "A." + mac, f"{head}.{mac[:-1]}{last}", f"{head}.{mac[::-1]}", "e30." + mac):
            assert bad != cursor
            assert is_problem(await sync(client, bad), 403, "cursor_invalid")
            assert is_problem(await client.post("/v1/ack", json={"cursor": bad}), 403, "cursor_invalid")
        for bad in ("", "x", "../../etc", "ä." + mac, head):
            assert is_problem(await sync(client, bad), 422, "request_invalid")
        assert (await sync(client, cursor)).status_code == 200


async def test_cursor_of_another_device_channel_or_database_is_refused(here: World, tmp_path: Path) -> None:
    await here.put(article("A1"))
    async with await here.device(tmp_path) as device, await here.device(tmp_path) as other:
        await device.pull()
        async with raw(here, other) as client:
            assert is_problem(await sync(client, cursor_of(device)), 403, "cursor_of_other_device")
        async with raw(here, device, x_device_epoch=str(uuid.uuid4())) as client:
            assert is_problem(await sync(client, cursor_of(device)), 409, "cursor_of_other_epoch")
            assert is_problem(await client.post("/v1/ack", json={"cursor": cursor_of(device)}), 409, "cursor_of_other_epoch")
        device_id = device.store.recall("device_id")
        await here.pool.execute("update ceebus.device set channel = 'zzz' where id = $1", device_id)
        async with raw(here, device) as client:
            assert is_problem(await sync(client, cursor_of(device)), 403, "cursor_of_other_channel")


async def test_device_never_sees_another_channel(here: World, tmp_path: Path) -> None:
    await here.put(article("MINE"))
    foreign = World(here.pool, here.settings, here.channel + "x")
    await foreign.put(article("THEIRS"))
    async with await here.device(tmp_path) as device:
        await device.pull()
        assert keys(device, "articles") == {"MINE"}


async def test_device_given_to_another_rep_downloads_his_data(here: World, tmp_path: Path) -> None:
    await here.put(partner("P1", "R1"), partner("P2", "R2"))
    async with await here.device(tmp_path, "R1") as device:
        await device.pull()
        await here.pool.execute("update ceebus.device set rep = 'R2' where id = $1", device.store.recall("device_id"))
        assert (await device.pull()).restarts == 1
        assert keys(device, "partners") == {"P2"}


async def test_epoch_header_is_needed(here: World, tmp_path: Path) -> None:
    async with await here.device(tmp_path) as device, raw(here, device) as client:
        client.headers["x-device-epoch"] = "not-a-uuid"
        assert is_problem(await client.get("/v1/sync"), 422, "request_invalid")
        del client.headers["x-device-epoch"]
        assert is_problem(await client.get("/v1/sync"), 422, "request_invalid")


OUTSIDE: list[dict[str, str | int]] = [
    {"limit": 0},
    {"limit": 5001},
    {"pages": 0},
    {"groups": ""},
    {"groups": "data,data"},
    {"groups": "prices"},
]


async def test_pull_outside_the_limits_is_refused(here: World, tmp_path: Path) -> None:
    async with await here.device(tmp_path) as device, raw(here, device) as client:
        for query in OUTSIDE:
            assert is_problem(await client.get("/v1/sync", params=query), 422, "request_invalid"), query


async def acked(here: World, device: Device) -> tuple[int, int] | None:
    row = await here.pool.fetchrow(
        "select data_position, attachments_position from ceebus.device_ack where device = $1", device.store.recall("device_id")
    )
    return tuple(row) if row else None


async def test_acknowledgement_says_up_to_where_a_device_is_and_never_goes_back(here: World, tmp_path: Path) -> None:
    await here.put(article("A1"))
    async with await here.device(tmp_path) as device, raw(here, device) as client:
        await device.pull()
        first = cursor_of(device)
        assert await acked(here, device) == (1, 1)
        await here.put(article("A2"), article("A3"))
        await device.pull(("data",))
        assert await acked(here, device) == (3, 1)  # attachments were not asked for
        answer = await client.post("/v1/ack", json={"cursor": first})
        assert (answer.json()["data_position"], await acked(here, device)) == (3, (3, 1))


async def test_only_complete_downloads_are_acknowledged(here: World, tmp_path: Path) -> None:
    await here.put(*(article(number) for number in numbers("A", 5)))
    async with await here.device(tmp_path) as device, raw(here, device) as client:
        end = lines(await client.get("/v1/sync", params={"limit": 2, "pages": 1}))[-1]
        assert is_problem(await client.post("/v1/ack", json={"cursor": end["cursor"]}), 409, "cursor_incomplete")
        assert await acked(here, device) is None


async def test_new_database_of_a_device_counts_after_its_complete_download(here: World, tmp_path: Path) -> None:
    """domain.md 7.5; the acknowledged position starts again with the new database."""
    await here.put(*(article(number) for number in numbers("A", 5)))
    async with await here.device(tmp_path) as device:
        await device.pull()
        first = device.store.recall("db_epoch")
        registered = "select db_epoch::text from ceebus.device where id = $1"
        assert await here.pool.fetchval(registered, device.store.recall("device_id")) == first
        tokens = {name: device.store.recall(name) for name in ("device_id", "access_token", "refresh_token")}
        await here.put(gone("articles", "A000001"))
        async with Device(here.url, tmp_path / "emptied.db") as emptied:
            emptied.store.remember(**tokens)
            second = emptied.store.recall("db_epoch")
            assert second != first
            async with raw(here, emptied) as client:
                await client.get("/v1/sync", params={"limit": 2, "pages": 1})
            assert await here.pool.fetchval(registered, device.store.recall("device_id")) == first
            await emptied.pull()
            assert await here.pool.fetchval(registered, device.store.recall("device_id")) == second
            assert keys(emptied, "articles") == {"A000000", "A000002", "A000003", "A000004"}
            assert await acked(here, emptied) == (6, 6)
