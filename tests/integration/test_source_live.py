"""Live changes: from a commit in a CEE to records on cee.*.

It is one thing: one bed, and what happens in it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from schemas import topics
from schemas.channel import Channel
from schemas.envelope import header
from services.sandbox.stack import Stack
from tests.source_bed import Bed, object_version, small_cee, source_task
from tests.stack import eventually


@pytest.fixture
async def bed(stack: Stack, tmp_path: Path) -> AsyncIterator[Bed]:
    async with small_cee(stack, tmp_path) as made:
        yield made


async def test_partner_change_becomes_a_record(bed: Bed, channel: str) -> None:
    await bed.add_channel(channel)
    async with source_task(bed.settings):
        await eventually(lambda: bed.snapshots_done(channel))
        await bed.put(channel, "partners", "K1", name="Żabka sp. z o.o.", credit_limit="12.50")
        record = (await eventually(lambda: bed.kind_log(channel, "partners")))[0]
    assert record.key == b"K1"
    value = orjson.loads(record.value or b"")
    assert value.pop("channel") == channel
    assert value.pop("name") == "Żabka sp. z o.o."
    assert value == {"kind": "partners", "key": "K1", "member": True, "version": 1, "credit_limit": "12.50"}
    number = object_version(record)
    assert number >> 48 == 1
    assert header(record.headers, "ce_id") == f"partners/K1@{number}".encode()
    assert header(record.headers, "ce_source") == b"/cee/main"
    assert header(record.headers, "ce_time") is not None
    settings = await bed.log(topics.CHANNELS)
    mine = [found for found in settings if found.key == channel.encode()][-1]
    assert Channel.model_validate_json(mine.value or b"").active
    assert header(record.headers, "ce_channelversion") == b"%d" % object_version(mine)


async def test_a_record_over_the_limit_is_refused_visibly_and_stops_nobody(bed: Bed, channel: str) -> None:
    await bed.add_channel(channel)
    async with source_task(bed.settings):
        await eventually(lambda: bed.snapshots_done(channel))
        async with bed.cee.acquire() as connection, connection.transaction():
            for key, size in (("A1", 10), ("A2", 1_100_000), ("A3", 999_000), ("A4", 10)):
                body = {"name": "x" * size}
                await connection.execute(
                    "insert into cee.object(channel, kind, key, body) values($1, 'articles', $2, $3)", channel, key, body
                )
        await eventually(lambda: bed.has_newest(channel, "articles", {"A1", "A3", "A4"}))
        refused = (await eventually(lambda: bed.log(topics.outcomes(channel))))[0]
        assert "A2" not in await bed.newest(channel, "articles")
    assert (refused.key, refused.value) == (b"A2", None)
    assert header(refused.headers, "__ceebus.errors.code") == b"record_too_large"
    assert header(refused.headers, "__ceebus.errors.outcome") == b"quarantined"
    assert header(refused.headers, "__ceebus.kind") == b"articles"
    assert orjson.loads(header(refused.headers, "__ceebus.errors.params") or b"")["limit"] == 1_000_000


async def test_late_commit_is_not_overtaken(bed: Bed, channel: str) -> None:
    """T37: a lower sequence number that commits later is neither skipped nor does it hold others back for ever."""
    await bed.add_channel(channel)
    async with source_task(bed.settings):
        await eventually(lambda: bed.snapshots_done(channel))
        async with bed.cee.acquire() as slow:
            opened = slow.transaction()
            await opened.start()
            await slow.execute("insert into cee.object(channel, kind, key) values($1, 'partners', 'slow')", channel)
            await bed.put(channel, "partners", "quick")
            await eventually(lambda: bed.outbox_waits())
            assert await bed.newest(channel, "partners") == {}
            await opened.commit()
        await eventually(lambda: bed.has_newest(channel, "partners", {"slow", "quick"}))


async def test_a_new_day_makes_due_what_it_lets_in(bed: Bed, channel: str) -> None:
    await bed.add_channel(channel)
    await bed.put(channel, "partners", "K1")
    await bed.cee.execute("insert into cee.due_on values($1, 'partners', 'K1', cee.today('Europe/Warsaw') + 1)", channel)
    async with source_task(bed.settings):
        await eventually(lambda: bed.snapshots_done(channel))
        assert len(await bed.kind_log(channel, "partners")) == 1
        await bed.cee.execute("update cee.clock set days = 1")
        await eventually(lambda: bed.has_records(channel, "partners", 2))


async def test_settings_are_published_before_what_depends_on_them(bed: Bed, channel: str) -> None:
    await bed.add_channel(channel)
    await bed.put(channel, "availability", "A1/M1/ORG")
    await bed.cee.execute("insert into cee.dependent values('channels', $1, 'channel', 'availability', 'A1/M1/ORG')", channel)
    async with source_task(bed.settings):
        await eventually(lambda: bed.snapshots_done(channel))
        await bed.cee.execute("update cee.channel set settings = settings || '{\"allow_negative\": true}' where id = $1", channel)
        await eventually(lambda: bed.has_records(channel, "availability", 2))
        record = (await bed.kind_log(channel, "availability"))[-1]
        mine = [found for found in await bed.log(topics.CHANNELS) if found.key == channel.encode()]
    changed = next(found for found in mine if Channel.model_validate_json(found.value or b"").allow_negative)
    assert int(header(record.headers, "ce_channelversion") or 0) >= object_version(changed)


async def test_connections_cut_in_the_middle_lose_nothing(bed: Bed, channel: str) -> None:
    await bed.add_channel(channel)
    async with source_task(bed.settings):
        await eventually(lambda: bed.snapshots_done(channel))
        for number in range(60):
            await bed.put(channel, "partners", f"K{number % 7}", n=number)
            if number % 20 == 10:
                await eventually(lambda: bed.cut_connections(channel))
        await bed.put(channel, "partners", "last")
        await eventually(lambda: bed.has_newest(channel, "partners", {"last"}), within=20)
    newest = await bed.newest(channel, "partners")
    assert {(newest[f"K{key}"] or {})["n"] % 7 for key in range(7)} == set(range(7))
    assert min((newest[f"K{key}"] or {})["n"] for key in range(7)) >= 53
    await bed.versions_never_fall(channel, "partners")


async def test_settings_that_break_their_contract_leave_the_last_good_ones_standing(bed: Bed, channel: str) -> None:
    await bed.add_channel(channel)
    async with source_task(bed.settings):
        await eventually(lambda: bed.snapshots_done(channel))
        await bed.cee.execute("update cee.channel set settings = settings || '{\"currency\": 7}' where id = $1", channel)
        await bed.put(channel, "partners", "K1")
        await eventually(lambda: bed.has_newest(channel, "partners", {"K1"}))
        assert await bed.settings_are(channel, active=True)
