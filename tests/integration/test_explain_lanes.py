"""Lanes that stand, open transactions, other people's objects, devices: `explain` names what keeps an object, on the real stack."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from services.kernel.postgres import connect
from services.sandbox.device.device import Device
from tests.integration.explain_world import ASSIGNED, Here, explained_company, standing_still
from tests.stack import eventually
from tests.system import System


@pytest.fixture(scope="module")
async def here(system: System) -> AsyncIterator[Here]:
    async with explained_company(system, "E2.") as made:
        yield made


async def test_a_long_transaction_is_told_with_its_process(here: Here) -> None:
    long = await connect(here.system.settings.cee_database_url, application="month-end")
    try:
        async with long.transaction():
            await long.execute("insert into cee.unit(code, name) values($1, '{}')", f"U{here.channel}")
            pid = await long.fetchval("select pg_backend_pid()")
            await here.change("update cee.partner set name = 'Zmieniona' where number = 'P1@'")
            why = await here.why("partners", "P1@", "transaction_open")
            assert (why["facts"]["pid"], why["facts"]["application"]) == (str(pid), "month-end")
            older = (await here.explain("partners", "P1@"))["steps"][-1]
            assert older["code"] == "on_all_devices", "devices go on having the state before"
    finally:
        await long.close()
    await here.system.in_feed(here.channel, "partners", "P1@")
    await here.keeps("partners", "P1@", "devices_behind")
    await here.device.pull()
    await here.keeps("partners", "P1@", None)


async def test_whose_object_it_is_comes_before_the_device(here: Here) -> None:
    await here.change(ASSIGNED.format("P6") + "insert into cee.partner_rep(channel, partner, rep) values('@', 'P6@', 'R2@')")
    await here.change(ASSIGNED.format("P7") + "insert into cee.partner_rep(channel, partner, rep) values('@', 'P7@', 'R1@')")
    why = await here.why("partners", "P6@", "audience_other", device=here.device_id)
    assert why["facts"]["reps"] == [f"R2{here.channel}"]
    await here.why("partners", "P6@", "device_none")
    await here.keeps("partners", "P7@", "device_behind", device=here.device_id)
    await here.change("update cee.partner_rep set rep = 'R2@' where partner = 'P7@'")
    assert "left_at" in (await here.why("partners", "P7@", "audience_left", device=here.device_id))["facts"]


async def test_the_device_s_own_obstacles_are_told(here: Here) -> None:
    system, channel = here.system, here.channel
    made = (await system.http.post("/v1/devices", json={"channel": channel, "rep": f"R1{channel}"})).json()
    await here.why("partners", "P1@", "device_unknown", device="NONE")
    await here.why("partners", "P1@", "device_not_enrolled", device=made["id"])
    async with system.other_company() as elsewhere, Device(system.settings.gateway.url, system.homes / "explained.db") as device:
        await Here(system, elsewhere, device).why("partners", "P1@", "device_of_other_channel", device=made["id"])
        await device.enrol(made["code"])
        await here.why("partners", "P1@", "device_never_pulled", device=made["id"])
        await device.pull()
        await here.keeps("partners", "P1@", None, device=made["id"])
        await here.change("update cee.partner set name = 'Jeszcze inna' where number = 'P2@'")
        await here.why("partners", "P2@", "device_behind", device=made["id"])
        await system.http.post(f"/v1/devices/{made['id']}/revoke")
        await here.why("partners", "P2@", "device_revoked", device=made["id"])


async def test_a_direction_that_somebody_stopped_is_told_with_his_reason(here: Here) -> None:
    await here.steer("export", "hold")

    async def kept() -> dict[str, Any] | None:
        """The lane stops at its next batch border: what was before that still goes through."""
        await here.change("update cee.partner set name = name || '.' where number = 'P1@'")
        found = await here.keeps("partners", "P1@", "transfer_held", within=5)
        return cast(dict[str, Any], found["obstacle"])

    why = await eventually(kept, within=60)
    assert why is not None
    assert ("inventory" in why["text"], why["next"]) == (True, f"Release it: `ceebus release {here.channel} export`.")
    await here.why("partners", "NOBODY", "key_unknown")
    await here.steer("export", "hold", detach=True)
    await here.why("partners", "P1@", "transfer_detached")
    await here.steer("export", "mode", mode="on-demand")
    await here.steer("export", "release")
    assert "`ceebus export run" in (await here.why("partners", "P1@", "transfer_on_demand"))["next"]
    await here.steer("export", "mode", mode="live")
    await here.keeps("partners", "P1@", "devices_behind")


async def test_a_lane_that_stands_is_told_with_what_is_before_it(here: Here) -> None:
    async with standing_still(here.system, "exporter"):
        await here.change("update cee.partner set name = 'Nadal czeka' where number = 'P1@'")
        why = await here.why("partners", "P1@", "exporter_behind")
        assert (why["facts"]["lag"], why["facts"]["marker"]) == (1, why["facts"]["end"] - 1)
        await here.why("partners", "P1@", "exporter_stopped")
    await here.keeps("partners", "P1@", "devices_behind", within=90)


@pytest.mark.parametrize(("role", "code"), [("source", "source_behind"), ("feed", "feed_behind")])
async def test_the_role_that_has_the_object_before_it_is_told(here: Here, role: str, code: str) -> None:
    async with standing_still(here.system, role):
        await here.change("update cee.partner set name = name || '!' where number = 'P2@'")
        assert (await here.why("partners", "P2@", code))["facts"]
    await here.keeps("partners", "P2@", "devices_behind", within=60)
