"""Live changes: from a commit in a CEE to records on cee.*."""

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
