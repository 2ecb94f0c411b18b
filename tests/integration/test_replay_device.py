"""A replay to one device: it gets again what was written since, exactly once; nobody else gets anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from services.sandbox.device.device import Device
from tests.integration.control_world import Operated
from tests.integration.control_world import World as Control
from tests.integration.gateway_world import World, article, gone, is_problem, keys, lines, partner, raw, running


@pytest.fixture
async def control(control_of_module: Operated, channel: str) -> AsyncIterator[Control]:
    async with control_of_module.world(channel) as made:
        yield made


@pytest.fixture
async def here(control: Control) -> AsyncIterator[World]:
    async with running(control.settings):
        yield World(control.ours, control.settings, control.channel)


async def replay(control: Control, device: Device, **asked: Any) -> dict[str, Any]:
    body = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asked.items()}
    answer = await control.http.post(f"/v1/devices/{device.store.recall('device_id')}/replay", json=body)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


async def newest(control: Control, device: Device) -> dict[str, Any]:
    return dict(await control.get(f"/v1/devices/{device.store.recall('device_id')}/replay"))


async def moment(here: World) -> datetime:
    found: datetime = await here.pool.fetchval("select clock_timestamp()")
    return found


def spoil(device: Device, key: str) -> None:
    """What a replay is asked for: the device has lost something that was sent."""
    device.store.change(("delete from row where key = ?", (key,)))


async def test_device_gets_what_was_written_since_and_no_other_does(here: World, control: Control, tmp_path: Path) -> None:
    await here.put(article("A1"), article("A2"), article("A3"), partner("P2", "R2"))
    async with await here.device(tmp_path) as device, await here.device(tmp_path) as other:
        await device.pull()
        since = await moment(here)
        await here.put(article("A2", "new"), article("A4"), gone("articles", "A3"), partner("P3", "R2"))
        for one in (device, other):
            await one.pull()
        right = device.rows("articles")
        spoil(device, "A4")
        spoil(device, "A1")
        asked = await replay(control, device, since=since, reason="A4 is missing on the phone")
        assert (asked["state"], asked["rows"], asked["data_position"], asked["asked_by"]) == ("asked", 3, 4, "token")
        assert (await other.pull()).rows == 0
        pulled = await device.pull()
        assert (pulled.rows, pulled.restarts, pulled.full) == (3, 0, ())
        assert device.rows("articles") == {key: body for key, body in right.items() if key != "A1"}  # A1 was written before
        done = await newest(control, device)
        assert (done["state"], done["data_done"], done["attachments_done"]) == ("done", True, True)
        assert (await device.pull()).rows == (await other.pull()).rows == 0


async def test_lost_answer_is_given_again_and_a_stored_one_is_not(here: World, control: Control, tmp_path: Path) -> None:
    await here.put(article("A1"), article("A2"))
    async with await here.device(tmp_path) as device, raw(here, device) as client:
        await device.pull()
        before = device.store.recall("cursor")
        await replay(control, device, since=datetime.fromisoformat("2020-01-01T00:00:00Z"))
        first, repeated = [lines(await client.get("/v1/sync", params={"cursor": before})) for _ in range(2)]
        assert first == repeated
        assert [row["key"] for row in first[:-1]] == ["A1", "A2"]
        assert len(lines(await client.get("/v1/sync", params={"cursor": first[-1]["cursor"]}))) == 1
        assert (await newest(control, device))["state"] == "taken"
        assert (await client.post("/v1/ack", json={"cursor": before})).status_code == 200
        assert (await newest(control, device))["state"] == "taken"  # a cut from before it proves nothing
        assert (await client.post("/v1/ack", json={"cursor": repeated[-1]["cursor"]})).status_code == 200
        assert (await newest(control, device))["state"] == "done"


async def test_replay_of_everything_replaces_what_the_device_has(here: World, control: Control, tmp_path: Path) -> None:
    await here.put(article("A1"), article("A2"), article("A3"), gone("articles", "A3"))
    async with await here.device(tmp_path) as device:
        await device.pull()
        right = device.rows("articles")
        spoil(device, "A1")
        device.store.change(("update row set key = 'STRAY' where key = 'A2'", ()))
        assert (await replay(control, device, all=True))["whole"]
        pulled = await device.pull()
        assert (pulled.restarts, set(pulled.full)) == (1, {"data", "attachments"})
        assert device.rows("articles") == right
        assert (await newest(control, device))["state"] == "done"
        assert (await device.pull()).restarts == 0


async def test_replay_from_before_forgotten_removals_reloads_everything(here: World, control: Control, tmp_path: Path) -> None:
    since = await moment(here)
    await here.put(article("A1"), article("A2"))
    await here.put(gone("articles", "A2"), article("A3"))
    async with await here.device(tmp_path) as device:
        await device.pull()
        await here.pool.execute("update ceebus.feed_position set oldest = 3 where channel = $1", here.channel)
        spoil(device, "A1")
        await replay(control, device, since=since)
        assert (await device.pull()).restarts == 1
        assert keys(device, "articles") == {"A1", "A3"}
        assert (await newest(control, device))["state"] == "done"


async def test_replay_is_done_when_both_groups_are(here: World, control: Control, tmp_path: Path) -> None:
    await here.put(article("A1"))
    async with await here.device(tmp_path) as device:
        await device.pull()
        await replay(control, device, since=datetime.fromisoformat("2020-01-01T00:00:00Z"))
        assert (await device.pull(("data",))).rows == 1
        found = await newest(control, device)
        assert (found["state"], found["data_done"], found["attachments_done"]) == ("taken", True, False)
        await device.pull()
        assert (await newest(control, device))["state"] == "done"


async def test_second_replay_takes_in_the_first_that_is_not_done(here: World, control: Control, tmp_path: Path) -> None:
    early = await moment(here)
    await here.put(article("A1"), article("A2"))
    late = await moment(here)
    await here.put(article("A3"))
    async with await here.device(tmp_path) as device, raw(here, device) as client:
        await device.pull()
        first = await replay(control, device, since=early)
        cursor = device.store.recall("cursor")
        page = lines(await client.get("/v1/sync", params={"cursor": cursor, "limit": 1, "pages": 1}))
        second = await replay(control, device, since=late)
        assert second["id"] > first["id"]
        assert second["data_position"] == 0
        assert len(lines(await client.get("/v1/sync", params={"cursor": page[-1]["cursor"]}))) == 4
        assert (await device.pull()).rows == 3
        assert (await newest(control, device))["state"] == "done"


async def test_nothing_since_brings_nothing(here: World, control: Control, tmp_path: Path) -> None:
    await here.put(article("A1"))
    async with await here.device(tmp_path) as device:
        await device.pull()
        assert (await replay(control, device, since=await moment(here)))["rows"] == 0
        assert (await device.pull()).rows == 0
        assert (await newest(control, device))["state"] == "done"


async def test_replay_that_cannot_be_is_refused(here: World, control: Control, tmp_path: Path) -> None:
    async with await here.device(tmp_path) as device:
        path = f"/v1/devices/{device.store.recall('device_id')}/replay"
        assert is_problem(await control.http.get(path), 404, "replay_unknown")
        for body in ({}, {"all": True, "since": "2026-01-01T00:00:00Z"}, {"since": "yesterday"}, {"since": "2026-01-01T00:00:00"}):
            assert is_problem(await control.http.post(path, json=body), 422, "request_invalid"), body
        assert is_problem(await control.http.post("/v1/devices/nobody/replay", json={"all": True}), 404, "device_unknown")
        await here.revoke(device.store.recall("device_id") or "")
        assert is_problem(await control.http.post(path, json={"all": True}), 409, "device_revoked")
