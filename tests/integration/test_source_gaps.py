"""Where the outbox can't say what changed: cleared rows, a restored CEE."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.sandbox.stack import Stack
from services.source.housekeeping import clear_outbox
from tests.source_bed import Bed, object_version, small_cee, source_task
from tests.stack import eventually


@pytest.fixture
async def bed(stack: Stack, tmp_path: Path) -> AsyncIterator[Bed]:
    async with small_cee(stack, tmp_path) as made:
        yield made


async def test_outbox_is_cleared_below_the_active_cursors_and_a_channel_left_behind_gets_a_gap(bed: Bed, channel: str) -> None:
    other = channel[::-1]
    for name in (channel, other):
        await bed.add_channel(name)
    async with source_task(bed.settings):
        await eventually(lambda: bed.snapshots_done(other))
        await bed.activate(other, active=False)
        await eventually(lambda: bed.settings_are(other, active=False))
        await bed.put(other, "partners", "K1", name="missed")
        await bed.put(channel, "partners", "K1")
        await eventually(lambda: bed.has_newest(channel, "partners", {"K1"}))
        await eventually(lambda: bed.cleared(other))
        await bed.activate(other)
        await eventually(lambda: bed.has_newest(other, "partners", {"K1"}))
    gaps = await bed.cee.fetch("select channel, reason from ceebus.source_gap")
    assert [row["channel"] for row in gaps] == [other]


async def test_rows_older_than_seven_days_go_anyway(bed: Bed, channel: str) -> None:
    await bed.add_channel(channel, active=False)
    await bed.put(channel, "partners", "K1")
    await bed.put(channel, "partners", "K2")
    await bed.cee.execute("update ceebus.outbox set at = now() - interval '8 days' where key = 'K1'")
    assert await clear_outbox(bed.cee) == 1
    assert {row["key"] for row in await bed.cee.fetch("select key from ceebus.outbox where kind = 'partners'")} == {"K2"}


@pytest.mark.parametrize("how", ["older read number", "raised by an operator"])
async def test_restored_cee_is_newer_than_its_own_future(bed: Bed, channel: str, how: str) -> None:
    """A backup lacks K2 and knows nothing of its publication; the log still has it, so it must be removed."""
    await bed.add_channel(channel)
    await bed.put(channel, "partners", "K1", name="before")
    await bed.put(channel, "partners", "K2", name="after the backup")
    async with source_task(bed.settings):
        await eventually(lambda: bed.snapshots_done(channel))
    await bed.cee.execute("alter table cee.object disable trigger note")
    await bed.remove(channel, "partners", "K2")
    await bed.cee.execute("delete from ceebus.published where key = 'K2'")
    if how == "older read number":
        await bed.cee.execute("select setval('ceebus.read_number', 1)")
    else:
        await bed.cee.execute("update ceebus.incarnation set number = number + 1")
    async with source_task(bed.settings):
        await eventually(lambda: bed.is_newest(channel, "partners", "K2", None))
        await eventually(lambda: bed.snapshots_done(channel))
    assert {object_version(record) >> 48 for record in await bed.kind_log(channel, "partners")} == {1, 2}
    assert await bed.cee.fetchval("select reason from ceebus.source_gap where channel = $1", channel) == "CEE was restored"
    await bed.versions_never_fall(channel, "partners")
