"""Set-ups that keep an upload from CEE or its answer from the sender, on the real stack: `explain` names the cause first."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from uuid import uuid4

import pytest

from tests.integration.explain_world import Here, explained_company, standing_still
from tests.system import System


@pytest.fixture(scope="module")
async def here(system: System) -> AsyncIterator[Here]:
    async with explained_company(system, "E1.", "update cee.channel set confirm_warnings = false where id = '@'") as made:
        yield made


async def test_an_order_is_followed_into_cee_and_back_to_its_device(here: Here) -> None:
    await here.why("import/documents", str(uuid4()), "upload_unknown")
    source, number = await here.order()
    why = await here.why("import/documents", source, "device_behind")
    assert why["facts"]["device"] == here.device_id
    await here.device.pull()
    found = await here.keeps("import/documents", source, None)
    codes = [step["code"] for step in found["steps"]]
    assert [
        codes.index(code) for code in ("upload_received", "upload_imported", "in_cee", "in_feed", "on_device", "answer_fetched")
    ] == sorted(codes.index(code) for code in ("upload_received", "upload_imported", "in_cee", "in_feed", "on_device", "answer_fetched"))
    hq = next(step["facts"]["number"] for step in found["steps"] if step["code"] == "upload_imported")
    for named in (number, hq, f"ZS/{hq}", source.upper()):
        assert (await here.keeps("import/documents", named, None))["steps"][2:] == found["steps"][2:]
    await here.why("import/documents", "ZS/NEVER", "upload_unknown")


async def test_an_importer_that_stands_is_told_from_a_direction_that_is_held(here: Here) -> None:
    async with standing_still(here.system, "importer"):
        source, _ = await here.order()
        why = await here.why("import/documents", source, "importer_behind")
        assert (why["facts"]["lag"], why["facts"]["marker"]) == (1, why["facts"]["end"] - 1)
        await here.steer("import", "hold")
        assert "`ceebus release" in (await here.why("import/documents", source, "transfer_held", lang="pl"))["next"]
        await here.steer("import", "release")
    await here.why("import/documents", source, "device_behind")
    async with standing_still(here.system, "writer"):
        source, _ = await here.order()
        await here.why("import/documents", source, "writer_behind")
    await here.why("import/documents", source, "device_behind")


async def test_an_order_waits_for_its_partner_s_import_and_release(here: Here) -> None:
    customer = await here.customer()
    await here.why("import/partners", customer, "device_behind")
    order, number = await here.order(partner=customer)
    why = await here.why("import/documents", number, "upload_waits", lang="pl")
    assert (why["facts"]["because"], "zablokowany" in why["text"]) == ("partner_blocked", True)
    assert f"`ceebus due retry {here.channel} import/documents {order}`" in why["next"]
    await here.change(f"update cee.partner set status = 'released' where origin_source_id = '{customer}'")
    await here.why("import/documents", number, "device_behind")


async def test_a_refused_upload_is_told_with_its_code(here: Here) -> None:
    past = (date.today() - timedelta(days=3)).isoformat()
    source, number = await here.order(type="OS", mobile_number=f"OS-{uuid4().int % 10**9}/11/26/R1", issue_date=past, expiry_date=past)
    for key in (source, number):
        assert (await here.why("import/documents", key, "upload_rejected"))["facts"]["because"] == "quote_expired"


async def test_an_upload_that_waits_for_an_operator_s_look_is_told(here: Here) -> None:
    await here.change("update cee.partner set tax_id = '1234563218' where number = 'P1@'")
    source = await here.customer(tax_id="123-456-32-18")
    why = await here.why("import/partners", source, "upload_to_confirm")
    assert f"ceebus due confirm {here.channel}" in why["next"]


async def test_an_answer_that_nobody_fetched_is_told(here: Here) -> None:
    day = date.today() + timedelta(days=3)
    times = {"planned_start": f"{day}T08:00:00.000Z", "planned_end": f"{day}T09:00:00.000Z", "all_day": False}
    names = {"number": "V-1", "name": "Wizyta", "action_type": "appointment", "visit_type": "HANDLOWA", "status": "confirmed"}
    source = await here.upload("visits", names | times | {"partner": f"P1{here.channel}"})
    await here.why("import/visits", source, "answer_not_fetched")
    await here.device.pull()
    await here.keeps("import/visits", source, None)
