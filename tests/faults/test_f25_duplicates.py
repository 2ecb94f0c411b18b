"""F25: all that was ever published comes once more, each record one to three times and out of order in a window of 100."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from services.kernel.kafka import Outgoing, Partition, Record, producer
from tests.faults.form import full_or
from tests.faults.log import read_log, version_of
from tests.faults.site import CHANNEL, LIMIT_S, Site, day, following, site
from tests.stack import eventually

WINDOW = 100
CHANGES = full_or(200, 100)
SHOWN = "select kind, key, op, hash, position, removed, audience, objectversion from ceebus.feed where channel = $1 order by kind, key"
DUE = "select kind, key, objectversion, outcome, code from ceebus.due where channel = $1 order by kind, key"
# as if the thirty seconds of grace were over
SOONER = "update ceebus.stale set seen_at = seen_at - interval '1 minute'"


async def test_repeats_and_disorder_change_nothing(surroundings: dict[str, str], tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    async with site(surroundings, tmp_path) as here:
        await here.first_export()
        async with following(here):
            async with day(here, seed) as changes:
                await changes.more(CHANGES)
            assert await here.offences() == {}
            log = await read_log(here.settings.kafka, CHANNEL, ("cee",))
            before = await content(here)
            again = {at: disordered(records, rng) for at, records in log.items()}
            assert sum(overtaken(at, records) for at, records in again.items()) >= CHANGES / 4  # disorder that shows
            async with producer(here.settings.kafka, "repeater") as out:
                sent = await out.send_all([outgoing(at, record) for at, records in again.items() for record in records])
            assert sent > 1.5 * sum(len(records) for records in log.values())
            assert await here.offences() == {}
            assert await content(here) == before
            await the_log_heals(here)
            assert await here.offences() == {}


def disordered(records: list[Record], rng: Random) -> list[Record]:
    """Each record one to three times, at most a window away from its place."""
    many = [record for record in records for _ in range(rng.randint(1, 3))]
    places = [place + rng.uniform(0, WINDOW) for place in range(len(many))]
    return [record for _, record in sorted(zip(places, many, strict=True), key=lambda item: item[0])]


def overtaken(at: Partition, records: list[Record]) -> int:
    """Records that come behind a newer one of their key."""
    highest: dict[str, int] = {}
    count = 0
    for record in records:
        _, key, version = version_of(at[0], record)
        count += version < highest.get(key, 0)
        highest[key] = max(version, highest.get(key, 0))
    return count


def outgoing(at: Partition, record: Record) -> Outgoing:
    return Outgoing(at[0], at[1], record.key or b"", record.value, list(record.headers))


async def content(here: Site) -> dict[str, Any]:
    """What feed, due list and devices have, positions and apply logs included."""
    return {
        "feed": [tuple(row) for row in await here.ours.fetch(SHOWN, CHANNEL)],
        "due": [tuple(row) for row in await here.ours.fetch(DUE, CHANNEL)],
        "devices": {rep: device.log() for rep, device in here.devices.items()},
    }


async def the_log_heals(here: Site) -> None:
    """Keys whose newest record in the log is a stale one are published again, so that new subscribers get the newest state."""
    assert await here.ours.fetchval("select count(*) from ceebus.stale where channel = $1", CHANNEL)
    assert await stale_ends(here)
    await here.ours.execute(SOONER)

    async def healed() -> bool:
        assert await stale_ends(here) == []
        return True

    await eventually(healed, within=LIMIT_S, every=0.5)


async def stale_ends(here: Site) -> list[str]:
    """Keys that end in export.* with a lower version than they had there before."""
    highest: dict[tuple[str, str], int] = {}
    last: dict[tuple[str, str], int] = {}
    for at, records in (await read_log(here.settings.kafka, CHANNEL, ("export",))).items():
        for record in records:
            kind, key, version = version_of(at[0], record)
            last[kind, key] = version
            highest[kind, key] = max(version, highest.get((kind, key), 0))
    return [f"{where}: {version} after {highest[where]}" for where, version in last.items() if version < highest[where]]
