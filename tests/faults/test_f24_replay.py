"""F24, shortened: under load, replays from a timestamp to one subscriber and to one device; all others go on as if nothing was.

Another subscriber is slow, a third never commits: nobody moves their markers. A fourth keeps up, and so do feed and devices.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from schemas import topics
from services.kernel.kafka import Record
from services.kernel.kafka_admin import group_offsets, log_bounds, log_since
from services.kernel.kafka_read import read_between
from services.sandbox.device.device import Device
from tests.faults import checkers
from tests.faults.log import read_log, version_of
from tests.faults.site import CHANNEL, LIMIT_S, Site, day, following, site
from tests.faults.subscribers import keeping_up, subscriber, take
from tests.stack import eventually

CHANGES = 150  # commits before, during and after
RATE = 100  # slow enough to last while changes go on
WRITTEN = """
select kind, key from ceebus.feed
where channel = $1 and at >= $2 and not removed and kind <> 'results' and (audience is null or $3 = any(audience))"""
AGE = """
select percentile_cont(0.99) within group (order by extract(epoch from at - event_at)::float8)
from ceebus.feed where channel = $1 and event_at is not null and at >= $2 and at < $3"""


async def test_replays_under_load_reach_those_they_are_for_and_disturb_nobody(
    surroundings: dict[str, str], tmp_path: Path, seed: int
) -> None:
    async with site(surroundings, tmp_path) as here:
        await here.first_export()
        kafka = here.settings.kafka
        async with following(here), subscriber(kafka, "slow") as slow, subscriber(kafka, "never") as never, replayed_device(here) as device:
            await take(slow, commit=True, limit=10)
            await take(never, commit=False)
            markers = {name: await group_offsets(kafka, name) for name in ("slow", "never")}
            assert (bool(markers["slow"]), markers["never"]) == (True, {})
            async with keeping_up(kafka, "quick"), day(here, seed) as changes:
                begun = await moment(here)
                await changes.more(CHANGES)
                since = await moment(here)
                await changes.more(CHANGES)
                lanes = await offsets(here)
                replay = await asked(here, since)
                lost = await lose(here, device, since)
                await here.running.http.post(f"/v1/devices/{device.store.recall('device_id')}/replay", json={"since": since.isoformat()})
                assert (await device.pull()).restarts == 0
                replay = await completed(here, replay)
                ended = await moment(here)
                await changes.more(CHANGES)
            await here.drained()
            assert all(offset >= lanes.get(at, 0) for at, offset in (await offsets(here)).items())
            assert {name: await group_offsets(kafka, name) for name in markers} == markers
            assert lost >= 10
            await is_ground_truth(here, device)
            before, during = [await here.ours.fetchval(AGE, CHANNEL, *span) or 0.0 for span in ((begun, since), (since, ended))]
            print(f"p99 from CEE to the feed: {before * 1000:.0f} ms before, {during * 1000:.0f} ms during the replays")  # noqa: T201
            assert during <= 5 * before + 1.0  # a busy machine is no fault; waiting behind a replay would be
            assert await here.offences() == {}
        await the_subscriber_has_it_all(here, replay, since)


@asynccontextmanager
async def replayed_device(here: Site) -> AsyncIterator[Device]:
    """A second device of the busiest rep; it pulls when it is told to. The checkers of repeats are not for it."""
    [rep] = await here.running.reps(1)
    async with Device(here.settings.gateway.url, here.home / "replayed.db", attempts=100, patience=LIMIT_S) as device:
        await device.enrol(await here.running.code(rep))
        await device.pull()
        yield device


async def rep_of(here: Site, device: Device) -> str:
    """The rep it was enrolled for: the day may have made another one the busiest."""
    return str(await here.ours.fetchval("select rep from ceebus.device where id = $1", device.store.recall("device_id")))


async def lose(here: Site, device: Device, since: datetime) -> int:
    """The device has everything, and loses what was written since; returns how many rows that were."""
    await device.pull()
    rep = await rep_of(here, device)
    written = {(row["kind"], row["key"]) for row in await here.ours.fetch(WRITTEN, CHANNEL, since, rep)}
    had = {(kind, key) for kind in topics.KINDS for key in device.rows(kind)} & written
    device.store.change(*(("delete from row where kind = ? and key = ?", at) for at in had))
    return len(had)


async def asked(here: Site, since: datetime) -> dict[str, Any]:
    body = {"name": "crm", "since": since.isoformat(), "rate": RATE}
    answer = await here.running.http.post(f"/v1/channels/{CHANNEL}/replays", json=body)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


async def completed(here: Site, replay: dict[str, Any]) -> dict[str, Any]:
    async def is_over() -> dict[str, Any] | None:
        found = (await here.running.http.get(f"/v1/channels/{CHANNEL}/replays/{replay['id']}")).json()
        return dict(found) if found["state"] != "running" else None

    found = await eventually(is_over, within=LIMIT_S)
    assert found is not None
    assert found["state"] == "completed", found
    return found


async def moment(here: Site) -> datetime:
    found: datetime = await here.ours.fetchval("select clock_timestamp()")
    return found


async def offsets(here: Site) -> dict[tuple[str, str, int], int]:
    return {(row["lane"], row["topic"], row["topic_partition"]): row["next_offset"] for row in await here.ours.fetch(checkers.SQL.offsets)}


async def is_ground_truth(here: Site, device: Device) -> None:
    """After what was replayed and what came since, the device is as CEE is."""
    await device.pull()
    rep = await rep_of(here, device)
    assert await checkers.convergence(here.cee, here.ours, CHANNEL, {rep: device}) == []
    found = (await here.running.http.get(f"/v1/devices/{device.store.recall('device_id')}/replay")).json()
    assert found["state"] == "done", found
    assert (await device.pull()).rows == 0


async def the_subscriber_has_it_all(here: Site, replay: dict[str, Any], since: datetime) -> None:
    """Every record published since, up to where the logs ended when it was asked for, once and in the order of each key."""
    kafka, target = here.settings.kafka, (replay["topic"], 0)
    log = await read_log(kafka, CHANNEL, ("export",))
    since_ms = int(since.timestamp() * 1000)
    until = {(place["topic"], place["topic_partition"]): place["until_offset"] for place in replay["places"]}
    wanted = {(*at, r.offset): r for at, records in log.items() for r in records if r.timestamp >= since_ms and r.offset < until[at]}
    copies = [
        r async for batch in read_between(kafka, await log_bounds(kafka, [target]), "crm", 1_000) for rs, _ in batch.values() for r in rs
    ]
    places = [place_of(copy) for copy in copies]
    assert len(places) == len(set(places))
    assert len(wanted) >= CHANGES / 2
    assert set(places) >= wanted.keys()
    low = await log_since(kafka, list(until), since_ms - 2_000)
    assert all(low[topic, number][0] <= offset < until[topic, number] for topic, number, offset in places)
    highest: dict[tuple[str, str], int] = {}
    for copy, (topic, _, _) in zip(copies, places, strict=True):
        kind, key, version = version_of(topic, copy)
        assert version >= highest.get((kind, key), 0)
        highest[kind, key] = version


def place_of(copy: Record) -> tuple[str, int, int]:
    headers = dict(copy.headers)
    topic, number, offset = (headers[f"__ceebus.replay.{name}"].decode() for name in ("topic", "partition", "offset"))
    return topic, int(number), int(offset)
