"""What is on its way in a channel: whoever waits for quiet is told, without anything being counted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from schemas import topics
from services.kernel.kafka import Outgoing, producer
from services.kernel.kafka_admin import ensure_topics
from tests.integration.control_world import Operated, World


@pytest.fixture
async def here(control_of_module: Operated, channel: str) -> AsyncIterator[World]:
    async with control_of_module.world(channel) as made:
        yield made


async def test_a_channel_is_settled_when_nothing_is_before_any_reader(here: World) -> None:
    await ensure_topics(here.settings.kafka, topics.declared(here.channel))
    path = f"/v1/channels/{here.channel}/lag"
    nothing: dict[str, Any] = {"outbox": {}, "exporter": {}, "feed": {}, "importer": {}, "writer": {}}
    assert await here.get(path) == {"channel": here.channel, "settled": True, **nothing}
    await here.cee.execute(
        "insert into ceebus.source_cursor(channel, txid, seq) select $1, pg_current_xact_id(), coalesce(max(seq), 0) from ceebus.outbox",
        here.channel,
    )
    await here.cee.execute("update cee.article set weight = 7 where number = $1", f"A1{here.channel}")
    async with producer(here.settings.kafka, "test") as out:
        export = topics.export(here.channel, "partners")
        await out.send_all([Outgoing(export, 2, b"k", b"{}", []), Outgoing(topics.outcomes(here.channel), 0, b"k", b"{}", [])])
        await out.send_all([Outgoing(topics.mobile(here.channel, "visits"), 0, b"k", b"{}", []) for _ in range(3)])
    found = await here.get(path)
    assert found.pop("outbox")["articles"] >= 1
    expected = {"exporter": {}, "feed": {"partners": 1, "outcomes": 1}, "importer": {"visits": 3}, "writer": {}}
    assert found == {"channel": here.channel, "settled": False, **expected}


async def test_dependents_that_are_left_of_a_change_are_on_their_way(here: World) -> None:
    """Its row was passed; what it makes due was not."""
    await here.cee.execute(
        "insert into ceebus.source_cursor(channel, txid, seq, expand) select $1, pg_current_xact_id(), coalesce(max(seq), 0), $2"
        " from ceebus.outbox",
        here.channel,
        [{"kind": "partners", "key": "K1", "scope": "audience", "after_kind": "", "after_key": "", "at": "2026-03-01T12:00:00+00:00"}],
    )
    found = await here.get(f"/v1/channels/{here.channel}/lag")
    assert (found["settled"], found["outbox"]) == (False, {"partners": 1})


async def test_children_of_parents_that_came_late_are_on_their_way(here: World) -> None:
    await here.ours.execute("insert into ceebus.release(channel, parent_kind, parent_key) values($1, 'articles', 'A1')", here.channel)
    found = await here.get(f"/v1/channels/{here.channel}/lag")
    assert (found["settled"], found["feed"]) == (False, {"articles": 1})
