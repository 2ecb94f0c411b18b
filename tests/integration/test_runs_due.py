"""What a last-transfer run makes of objects that failed, and of a second exporting application beside ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.exporter.__main__ import serve
from services.kernel.postgres import pool
from services.kernel.settings import read_settings
from services.sandbox.device.device import Device
from services.sandbox.supervisor import supervised
from tests.failing import failing
from tests.integration.runs_bed import ask, counts, ended, put
from tests.integration.test_source_ingest import ndjson, partner
from tests.stack import eventually
from tests.system import System

MANY = 1000
CROWD = """
insert into cee.partner(number, name, customer_type, currency, tax_class, payment_form, payment_term)
select 'K' || n || '@', 'Sklep ' || n, 'RETAIL', 'PLN', 'DOM', 'TRANSFER', '14D' from generate_series(1, {many}) n;
insert into cee.partner_address(id, partner, street, house, postal_code, city, country)
select gen_random_uuid(), 'K' || n || '@', 'Polna', '1', '00-001', 'Warszawa', 'PL' from generate_series(1, {many}) n;
insert into cee.channel_partner(channel, partner) select '@', 'K' || n || '@' from generate_series(1, {many}) n
"""


@pytest.fixture
async def own(environment: dict[str, str], tmp_path: Path) -> AsyncIterator[System]:
    """A system whose exporter is to run in the test, where its handlers can fail."""
    settings = read_settings(environment, home=tmp_path)
    roles = ("source", "feed", "control")
    async with (
        supervised(roles, environment) as supervisor,
        pool(settings.cee_database_url, size=4) as cee,
        pool(settings.database_url, size=4) as ours,
        httpx.AsyncClient(
            base_url=settings.control.url, headers={"authorization": f"Bearer {settings.operator_token}"}, trust_env=False, timeout=30
        ) as http,
    ):
        yield System(settings, supervisor, cee, ours, http, environment, tmp_path)


async def test_a_thousand_failed_objects_are_sent_by_the_next_run_and_nothing_else(own: System, channel: str) -> None:
    stop = asyncio.Event()
    exporter = asyncio.create_task(serve(own.settings, stop))
    try:
        await own.company(channel, active=False)
        await own.change(channel, CROWD.format(many=MANY))
        await own.change(channel, "update cee.channel set active = true where id = '@'")
        await eventually(lambda: in_feed(own, channel, MANY + 2), within=60)
        with failing("partners", {f"K{n}{channel}" for n in range(1, MANY + 1)}):
            await own.change(channel, "update cee.partner set name = name || ' II' where number like 'K%@' or number = 'P1@'")
            await eventually(lambda: due(own, channel, MANY), within=60)
            failed = await ended(own, await ask(own, channel))
            assert counts(failed, "partners") == {"waiting": MANY}
            assert failed["state"] == "completed_with_warnings"
        healed = await ended(own, await ask(own, channel))
        assert {kind["kind"]: kind["counts"] for kind in healed["progress"] if kind["counts"]} == {"partners": {"sent": MANY}}
        assert await due(own, channel, 0)
        again = await ended(own, await ask(own, channel))
        assert [kind["counts"] for kind in again["progress"] if kind["counts"]] == []
    finally:
        stop.set()
        await exporter


async def in_feed(own: System, channel: str, partners: int) -> bool:
    sql = "select count(*) from ceebus.feed where channel = $1 and kind = 'partners' and op = 'upsert' and not removed"
    return bool(await own.ours.fetchval(sql, channel) == partners)


async def due(own: System, channel: str, partners: int) -> bool:
    sql = "select count(*) from ceebus.due where channel = $1 and kind = 'partners' and code = 'delivery_failed'"
    return bool(await own.ours.fetchval(sql, channel) == partners)


async def test_another_exporting_application_beside_ours_loses_nothing(system: System, fresh: tuple[str, Device]) -> None:
    """A third party feeds one kind by ingest; single-kind runs and reconciling ones beside it leave its objects alone."""
    channel, device = fresh
    await put(system, f"/v1/channels/{channel}/sources/partners", {"source": "ingest"})
    assert await sent(system, channel, "F1", "F2", "F3") == 3
    for number, kinds in enumerate((["articles"], ["partners"], [])):
        run = await ended(system, await ask(system, channel, since="anytime", kinds=kinds))
        assert run["state"] in ("completed", "completed_with_warnings"), run
        assert await sent(system, channel, f"G{number}") == 1
    last = await ended(system, await ask(system, channel))
    assert sum(kind["counts"].get("removed", 0) for kind in last["progress"]) == 0
    nothing = await ended(system, await ask(system, channel))
    assert [kind["counts"] for kind in nothing["progress"] if kind["counts"]] == []
    await device.pull()
    assert {"F1", "F2", "F3", "G0", "G1", "G2", f"P1{channel}", f"P2{channel}"} <= device.rows("partners").keys()
    log = [(entry.key, entry.op) for entry in device.log() if entry.kind == "partners"]
    assert len(log) == len(set(log))


async def sent(system: System, channel: str, *numbers: str) -> int:
    headers = {"authorization": f"Bearer {system.settings.operator_token}", "content-type": "application/x-ndjson"}
    known = {"customer_type": "RETAIL", "payment_form": "TRANSFER", "reps": [f"R1{channel}"], "audience": [f"R1{channel}"]}
    lines = ndjson(*[partner(channel, number, **known) for number in numbers])
    async with httpx.AsyncClient(base_url=system.settings.source.url, headers=headers, trust_env=False, timeout=30) as client:
        answer = await client.post(f"/v1/channels/{channel}/changes/partners", content=lines)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["accepted"])
