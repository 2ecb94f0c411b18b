"""F01: source, exporter, feed and gateway are killed in turn, at random moments of a working day."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from random import Random

from services.sandbox.generate.changes import SQL as DAY
from services.sandbox.generate.day import reprice
from tests.faults.form import full_or
from tests.faults.log import read_log, version_of
from tests.faults.site import CHANNEL, LIMIT_S, Site, day, following, site
from tests.stack import eventually

KILLED = ("source", "exporter", "feed", "gateway")
ROUNDS = full_or(3, 1)
FLOW = 500 * ROUNDS  # records of cee.* that must have come through besides the first export


async def test_killed_processes_lose_and_repeat_nothing(surroundings: dict[str, str], tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    async with site(surroundings, tmp_path) as here:
        await here.first_export()
        before = await here.records("cee")
        async with following(here):
            async with day(here, seed) as changes:
                for _ in range(ROUNDS):
                    await here.flows(KILLED)
                    async with here.cee.acquire() as connection:
                        await reprice(connection, CHANNEL, Decimal(rng.choice(("1.01", "0.99"))))
                    for name in rng.sample(KILLED, len(KILLED)):
                        await changes.more(rng.randrange(20))
                        await here.kill(name)
                await here.flows(KILLED)
            assert await here.offences() == {}
            assert {name: here.supervisor.restarts(name) for name in (*KILLED, "control")} == dict.fromkeys(KILLED, ROUNDS) | {"control": 0}
            assert await here.records("cee") - before >= FLOW
            await nothing_is_sent_again(here)
            assert await here.offences() == {}
        print(f"records that came twice: {await redelivered(here)}")  # noqa: T201


async def nothing_is_sent_again(here: Site) -> None:
    """M on a quiet system: after a kill of every lane, one change brings one record, and nothing else comes."""
    before = {stream: await here.records(stream) for stream in ("cee", "export", "outcomes")}
    row = (await here.cee.fetch(DAY.stock, CHANNEL))[0]
    pids = {name: here.supervisor.pid(name) for name in KILLED}
    for name in KILLED:
        await here.kill(name)
    await eventually(lambda: all(here.supervisor.pid(name) not in (0, pid) for name, pid in pids.items()), within=LIMIT_S)
    position = await here.position()
    await here.cee.execute(DAY.move_stock, row["article"], row["warehouse"], row["owner"], Decimal(987_654))

    async def arrived() -> bool:
        return await here.position() == position + 1

    await eventually(arrived, within=LIMIT_S)
    await here.drained()
    after = {stream: await here.records(stream) for stream in before}
    assert {stream: after[stream] - before[stream] for stream in before} == {"cee": 1, "export": 1, "outcomes": 0}


async def redelivered(here: Site) -> int:
    log = await read_log(here.settings.kafka, CHANNEL, ("export",))
    seen = Counter(version_of(at[0], record) for at, records in log.items() for record in records)
    return sum(count - 1 for count in seen.values())
