"""F03: a second exporter joins and leaves while changes go on; the group rebalances each time."""

from __future__ import annotations

from pathlib import Path
from random import Random

from services.sandbox.supervisor import supervised
from tests.faults.form import full_or
from tests.faults.log import Member, members, take_out
from tests.faults.site import CHANNEL, LIMIT_S, Day, Site, day, following, site
from tests.stack import eventually

GROUP = f"ceebus.export.{CHANNEL}"
VISITS = full_or(2, 1)
FLOW = 75 * VISITS  # records of cee.* that must have come through besides the first export


async def test_exporters_come_and_go_and_nothing_is_lost(surroundings: dict[str, str], tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    async with site(surroundings, tmp_path) as here:
        await here.first_export()
        before = await here.records("cee")
        alone = await group_of(here, 1)
        async with following(here):
            async with day(here, seed) as changes:
                for _ in range(VISITS):
                    first, second = await visit(here, changes, rng)
                    assert first > 0  # both had work
                    assert second > 0
                    assert first + second == sum(member.partitions for member in alone.values())
                await here.flows(("exporter",))
            assert await here.offences() == {}
            assert await here.records("cee") - before >= FLOW
            assert here.supervisor.restarts("exporter") == 0


async def visit(here: Site, changes: Day, rng: Random) -> tuple[int, int]:
    """A second exporter takes its share and goes again, killed or asked to; returns how many partitions each had."""
    (first,) = await group_of(here, 1)
    async with supervised(["exporter-2"], here.environment) as other:
        both = await group_of(here, 2)
        await changes.more(rng.randrange(20, 60))
        await here.flows(("exporter",))
        if rng.random() < 0.5:
            other.kill("exporter-2")
    await changes.more(rng.randrange(20))
    left = await group_of(here, 2)  # its session goes on, and nobody reads its share
    (second,) = left.keys() - {first}
    await take_out(here.settings.kafka, GROUP, left[second])
    await group_of(here, 1)
    return both[first].partitions, both[second].partitions


async def group_of(here: Site, size: int) -> dict[str, Member]:
    """The group's members once it has that many and no rebalance goes on."""

    async def settled() -> dict[str, Member] | None:
        found = await members(here.settings.kafka, GROUP)
        return found if len(found) == size else None

    found = await eventually(settled, within=LIMIT_S, every=0.1)
    assert found is not None
    return found
