"""Freshness: the age of the oldest change in CEE that is not there yet, on the feed and on the devices; 0 when nothing is behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from schemas import topics
from services.kernel.kafka_admin import ensure_topics
from tests.integration.control_world import Cli, Operated, World, world
from tests.integration.freshness_bed import MINUTE, ages, ago, behind_by, device, gauges, is_about, on_the_bus, reach, row, send
from tests.stack import eventually

LOOKS_S = 120.0  # a busy machine looks seldom


@pytest.fixture
async def here(control_of_module: Operated, channel: str) -> AsyncIterator[World]:
    async with control_of_module.world(channel) as made:
        await ensure_topics(made.settings.kafka, topics.declared(channel))
        yield made


async def test_nothing_behind_is_zero(here: World) -> None:
    await row(here, "articles", "1", 1, 99)
    phone = await device(here, "phone", "R1", 1, 1)
    assert set((await ages(here)).values()) == {(0.0, 0.0)}
    assert await behind_by(here, phone) == 0


async def test_a_change_in_the_outbox_is_late_for_feed_and_devices(here: World) -> None:
    await here.cee.execute(
        "insert into ceebus.source_cursor(channel, txid, seq) select $1, pg_current_xact_id(), coalesce(max(seq), 0) from ceebus.outbox",
        here.channel,
    )
    await here.cee.execute("update cee.article set weight = 7 where number = $1", f"A1{here.channel}")
    await here.cee.execute("update ceebus.outbox set at = $1 where kind = 'articles'", ago(3))
    on_feed, on_devices = (await ages(here))["articles"]
    assert (is_about(on_feed, 3), on_devices) == (True, 0.0)  # there is no active device
    await device(here, "phone", "R1", 0)
    assert is_about((await ages(here))["articles"][1], 3)


async def test_first_record_before_a_reader_says_how_late_it_is(here: World) -> None:
    cee, export = topics.cee(here.channel, "partners"), topics.export(here.channel, "price-lists")
    await send(here, cee, 1, ago(7), ago(2))
    await send(here, export, 2, ago(60), ago(4))
    await send(here, export, 3, ago(5))
    await reach(here, "feed", export, 2, 1)
    await reach(here, "feed", export, 3, 1)
    found = await ages(here)
    assert (is_about(found["partners"][0], 7), is_about(found["price-lists"][0], 4)) == (True, True)
    assert found["articles"] == (0.0, 0.0)


async def test_record_of_a_snapshot_counts_from_when_it_was_published(here: World) -> None:
    await send(here, topics.export(here.channel, "articles"), 0, None)
    on_feed, _ = (await ages(here))["articles"]
    assert on_feed is not None
    assert 0 <= on_feed < MINUTE


async def test_due_records_are_not_late(here: World) -> None:
    await here.due("partners", "1", "field_missing")
    await here.ours.execute("update ceebus.due set first_at = $1 where channel = $2", ago(90), here.channel)
    assert (await ages(here))["partners"] == (0.0, 0.0)


async def test_slowest_active_device_that_a_change_is_for_decides(here: World) -> None:
    await row(here, "articles", "1", 1, 90)
    await row(here, "partners", "2", 2, 30, "R1")
    await row(here, "articles", "3", 3, 20)
    await row(here, "partners", "4", 4, 10, "R2")
    await row(here, "attachments", "5", 5, 5)
    await here.ours.execute("update ceebus.feed set left_audience = '{R1}' where channel = $1 and key = '4'", here.channel)
    quick = await device(here, "quick", "R1", 3, 5)
    slow = await device(here, "slow", "R2", 1, 4)
    revoked = await device(here, "revoked", "R2", 0)
    await here.ours.execute("update ceebus.device set state = 'revoked' where id = $1", revoked)
    found = await ages(here)
    assert is_about(found["articles"][1], 20)
    assert is_about(found["partners"][1], 10)  # R2 never gets the older one
    assert is_about(found["attachments"][1], 5)
    assert found["articles"][0] == 0.0
    assert found["availability"] == (0.0, 0.0)
    assert (is_about(await behind_by(here, quick), 10), is_about(await behind_by(here, slow), 20)) == (True, True)
    assert await behind_by(here, revoked) is None


async def test_new_device_is_not_late_for_what_was_there_before_it(here: World) -> None:
    await row(here, "articles", "1", 1, 5000)
    phone = await device(here, "phone", "R1", None, enrolled=6)
    found = await ages(here)
    assert (is_about(found["articles"][1], 6), found["partners"]) == (True, (0.0, 0.0))
    assert is_about(await behind_by(here, phone), 6)


async def test_answers_to_uploads_have_no_kind_of_their_own(here: World) -> None:
    phone = await device(here, "phone", "R1", None)
    await row(here, "results", "x", 1, 8, f"device/{phone}")
    assert set((await ages(here)).values()) == {(0.0, 0.0)}


async def test_figures_are_missing_where_a_part_does_not_answer(environment: dict[str, str], tmp_path: Path, channel: str) -> None:
    async with world(environment, tmp_path, channel, cee_away=True) as here:
        await on_the_bus(here)
        assert set((await ages(here)).values()) == {(None, None)}


async def test_gauges_follow_every_active_channel(here: World) -> None:
    cee = topics.cee(here.channel, "articles")
    await send(here, cee, 1, ago(99))
    await reach(here, f"export.{here.channel}", cee, 1, 1)
    await on_the_bus(here)
    await eventually(lambda: gauges(here), within=LOOKS_S)
    found = await gauges(here)
    assert set(found) == {(kind, stage) for kind in topics.KINDS for stage in ("feed", "device")}
    assert set(found.values()) == {0.0}
    await send(here, topics.export(here.channel, "articles"), 0, ago(7))
    await row(here, "partners", "1", 1, 12)
    await device(here, "phone", "R1", 0)

    async def is_seen() -> bool:
        seen = await gauges(here)
        late = [seen.get(at) for at in (("articles", "feed"), ("articles", "device"), ("partners", "device"))]
        return is_about(late[0], 7) and is_about(late[1], 7) and is_about(late[2], 12) and seen["partners", "feed"] == 0

    await eventually(is_seen, within=LOOKS_S)
    await reach(here, "feed", topics.export(here.channel, "articles"), 0, 1)
    await here.ours.execute("update ceebus.device_ack set data_position = 1, attachments_position = 1 where channel = $1", here.channel)

    async def is_fresh() -> bool:
        return set((await gauges(here)).values()) == {0.0}

    await eventually(is_fresh, within=LOOKS_S)


async def test_commands_show_it(here: World, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    cli = Cli(here.environment, monkeypatch, capsys)
    await row(here, "articles", "1", 1, 12)
    await device(here, "phone", "R1", 0)
    [line] = [line for line in (await cli("status", here.channel)).out.splitlines() if line.startswith("articles ")]
    assert line.split()[-4:] == ["0.0", "s", "12", "min"]
    [line] = [line for line in (await cli("device", "list", here.channel)).out.splitlines() if line.startswith("phone")]
    assert line.split()[-3:] == ["1", "12", "min"]
