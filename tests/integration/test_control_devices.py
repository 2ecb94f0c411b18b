"""Enrolment codes made by control open the gateway; a revoked device is out at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.gateway.__main__ import serve as serve_gateway
from services.kernel.tokens import code_hash
from services.sandbox.device.device import Device
from services.sandbox.device.failures import Refused
from tests.integration.control_world import Operated, World
from tests.stack import eventually


@pytest.fixture
async def here(control_of_module: Operated, channel: str) -> AsyncIterator[World]:
    async with control_of_module.world(channel) as made:
        yield made


@pytest.fixture
async def gateway(here: World) -> AsyncIterator[str]:
    stop = asyncio.Event()
    serving = asyncio.create_task(serve_gateway(here.settings, stop))

    async def listens() -> bool:
        if serving.done():
            serving.result()
        try:
            _, writer = await asyncio.open_connection(here.settings.gateway.host, here.settings.gateway.port)
        except OSError:
            return False
        writer.close()
        return True

    await eventually(listens)
    yield here.settings.gateway.url
    stop.set()
    await serving


async def enrol(here: World, **more: object) -> dict[str, str]:
    answer = await here.http.post("/v1/devices", json={"channel": here.channel, "rep": f"R1{here.channel}", **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_code_opens_the_gateway_and_a_revoked_device_is_out_at_once(here: World, gateway: str, tmp_path: Path) -> None:
    await here.feed("articles", "1", 1)
    made = await enrol(here, name="Telefon Anny")
    async with Device(gateway, tmp_path / "device.db") as device:
        await device.enrol(made["code"])
        assert (await device.pull()).rows == 1
        shown = await here.get(f"/v1/devices/{made['id']}")
        assert (shown["state"], shown["data_position"], shown["last"]) == ("active", 1, 1)
        answer = await here.http.post(f"/v1/devices/{made['id']}/revoke")
        assert answer.json()["state"] == "revoked"
        with pytest.raises(Refused) as refused:
            await device.pull()
        assert refused.value.code == "device_revoked"
        async with Device(gateway, tmp_path / "again.db") as again:
            await again.enrol((await enrol(here, id=made["id"]))["code"])
            assert (await again.pull()).rows == 1


async def test_code_is_stored_as_its_hash_only(here: World) -> None:
    made = await enrol(here)
    row = await here.ours.fetchrow("select *, device::text as everything from ceebus.device where id = $1", made["id"])
    assert row is not None
    assert row["enrol_hash"] == code_hash(made["code"])
    assert made["code"].replace("-", "") not in row["everything"].replace("-", "")


async def test_second_code_ends_the_first(here: World) -> None:
    first = await enrol(here, id=f"d-{here.channel}")
    second = await enrol(here, id=f"d-{here.channel}")
    hashed = await here.ours.fetchval("select enrol_hash from ceebus.device where id = $1", first["id"])
    assert hashed == code_hash(second["code"]) != code_hash(first["code"])


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"rep": "nobody"}, 404, "rep_unknown"),
        ({"channel": "?"}, 404, "channel_unknown"),
        ({"valid_minutes": 0}, 422, "request_invalid"),
        ({"repp": "R1"}, 422, "request_invalid"),
    ],
)
async def test_enrolment_that_leads_nowhere_is_refused(here: World, fields: dict[str, object], status: int, code: str) -> None:
    answer = await here.http.post("/v1/devices", json={"channel": here.channel, "rep": f"R1{here.channel}"} | fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_device_of_another_rep_keeps_its_owner(here: World) -> None:
    made = await enrol(here)
    answer = await here.http.post("/v1/devices", json={"channel": here.channel, "rep": f"R2{here.channel}", "id": made["id"]})
    assert (answer.status_code, answer.json()["code"]) == (409, "device_of_another_rep")


async def test_rep_that_only_the_feed_knows_can_have_a_device(here: World) -> None:
    """His kind may be ingested, so that CEE has no such rep."""
    await here.feed("sales-reps", "INGESTED", 1)
    answer = await here.http.post("/v1/devices", json={"channel": here.channel, "rep": "INGESTED"})
    assert answer.status_code == 201


async def test_pages_hold_every_device_once(here: World) -> None:
    made = sorted([(await enrol(here))["id"] for _ in range(5)])
    found, cursor, pages = [], None, 0
    while True:
        query = {"channel": here.channel, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = await here.get("/v1/devices", **query)
        found += [row["id"] for row in page["items"]]
        cursor, pages = page["next"], pages + 1
        if cursor is None:
            break
    assert (found, pages) == (made, 3)
    assert await here.get("/v1/devices", channel=here.channel, rep=f"R2{here.channel}") == {"items": [], "next": None}
