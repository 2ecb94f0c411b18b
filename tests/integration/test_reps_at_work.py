"""Reps and a manager at work on the whole system: with all that goes wrong outdoors, each object is in CEE once and each sender knows."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from services.sandbox.demo.phone import Arrivals, Phone
from services.sandbox.demo.proof import Expected, wrong_ends, wrong_figures, wrong_objects
from services.sandbox.demo.story import Story
from services.sandbox.device.device import Device
from services.sandbox.reps import papers
from services.sandbox.reps.day import Made, sized, work
from services.sandbox.reps.manager import Manager
from services.sandbox.reps.mischief import Mischief, backup, cloned, restored
from services.sandbox.reps.rep import Place, Rep, place_of
from services.sandbox.reps.territory import of_device
from tests.stack import eventually
from tests.system import FIRST, System

VISIT_TYPE = "insert into cee.visit_type(code, name) values('HANDLOWA', '{\"pl\": \"Wizyta handlowa\"}') on conflict do nothing"


@pytest.fixture
async def at_work(system: System, channel: str) -> AsyncIterator[tuple[str, Device]]:
    """A company of its own, which stays active, and a device of R1 that holds all of it."""
    await system.company(channel)
    for kind, key in FIRST:
        await system.in_feed(channel, kind, key)
    async with system.device(channel, "R1@") as device:
        await device.pull()
        yield channel, device


async def test_a_day_in_bad_reception_ends_as_it_must(system: System, at_work: tuple[str, Device]) -> None:
    """Two fifths of the answers are lost, everything is sent twice and mixed, files are cut; the story of a new customer runs meanwhile."""
    channel, device = at_work
    await system.change(channel, VISIT_TYPE)
    await system.in_feed(channel, "master-data", "visit-types/HANDLOWA")
    await device.pull()
    today = await system.cee.fetchval("select cee.today(time_zone) from cee.channel where id = $1", channel)
    token = (await system.http.post("/v1/clients", json={"channel": channel, "name": "office"})).json()["token"]
    phone, rng = Phone(device, Arrivals()), Random(channel)
    phone.rep = Rep(device, Mischief(lost_answers=0.4, cut_files=0.5, twice=True, mixed=True), seed=3)
    territory = of_device(device, today)
    made = [one for one in work(territory, rng, sized("tiny", 2)) if one.kind != "partners" or "number" not in one.body]
    revisions: Counter[str] = Counter()
    expected: dict[Place, Expected] = {}
    for one in made:
        revisions[one.source_id] += 1
        expected[one.kind, one.source_id, revisions[one.source_id]] = Expected(one, territory.rep)
    manager, stop, told = Manager(system.settings.gateway.url, token), asyncio.Event(), list[str]()
    following = asyncio.create_task(phone.follow(stop))
    try:
        story = Story(phone, territory, manager, system.cee, rng, expected, told)
        await asyncio.gather(phone.rep.work(made, 2), story.play())
        await phone.rep.send()  # what a bad network had kept back
        await phone.until(lambda: not phone.rep.open(), "each upload has its final answer", within=60)
    finally:
        stop.set()
        await following
        await manager.close()
    assert len(told) == 13, told
    ends = {place_of(upload): (upload.outcome, upload.code) for upload in device.uploads.all()}
    ends |= {(said["upload_kind"], *place): (said["outcome"], said.get("code")) for place, said in manager.answers.items()}
    assert list(wrong_ends(expected, ends)) == []
    figures = {kind["kind"]: kind for kind in (await system.http.get(f"/v1/channels/{channel}/imports")).json()["kinds"]}
    assert list(wrong_figures(expected.values(), figures)) == []
    async with system.cee.acquire() as connection:
        assert await wrong_objects(connection, channel, expected.values()) == []


async def test_an_older_database_and_a_second_phone_repeat_nothing(system: System, at_work: tuple[str, Device], tmp_path: Path) -> None:
    channel, device = at_work
    owner = {"owner_kind": "partner", "owner_key": f"P1{channel}"}
    rng = Random(1)
    first = Made("attachments", device.uploads.put("attachments", papers.note(rng, owner)), {})
    backup(device, tmp_path / "backup.db")
    await device.push()
    await _answered(device)
    code = (await system.http.post("/v1/devices", json={"channel": channel, "rep": f"R1{channel}"})).json()["code"]
    second = cloned(device, tmp_path / "clone.db")
    old = restored(device, tmp_path / "backup.db")
    async with old, second:
        await second.enrol(code)
        assert (await old.push()).accepted == 1, "it does not know that this was sent"
        await _answered(old)
        assert [(one.outcome, one.code) for one in old.uploads.all()] == [("imported", None)], "the same upload has the same answer"
        await second.uploads.repeat()
        found = "select count(*) from cee.attachment where origin_source_id = $1"
        answers = await eventually(
            lambda: system.ours.fetchval("select count(*) from ceebus.upload where source_id = $1", first.source_id) or 0
        )
        assert answers >= 1
        assert await system.cee.fetchval(found, first.source_id) == 1


async def _answered(device: Device) -> None:
    async def final() -> bool:
        await device.pull()
        return all(upload.state == "final" for upload in device.uploads.all())

    await eventually(final, within=30, every=0.2)
