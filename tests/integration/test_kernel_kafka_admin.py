"""What the log says of itself: where it begins and ends, and when its records were published."""

from __future__ import annotations

import time
from itertools import count

import pytest

from schemas.topics import TopicSpec
from services.kernel import kafka_admin
from services.kernel.kafka import Outgoing, Unreachable, producer
from services.kernel.kafka_admin import changed_at, ensure_topics, log_bounds, log_since
from services.kernel.settings import Settings

_names = (f"admin-{number}" for number in count(1))


async def topic_with(settings: Settings, records: int) -> str:
    name = next(_names)
    await ensure_topics(settings.kafka, [TopicSpec(name, 2, {"message.timestamp.type": "LogAppendTime"})])
    async with producer(settings.kafka, "test") as out:
        await out.send_all([Outgoing(name, 0, b"k", b"v", []) for _ in range(records)])
    return name


async def test_bounds_of_many_topics_leave_out_what_does_not_exist(settings: Settings) -> None:
    first, second = await topic_with(settings, 3), await topic_with(settings, 1)
    asked = [(first, 0), (first, 1), (second, 0), (second, 7), ("admin-never-made", 0)]
    assert await log_bounds(settings.kafka, asked) == {(first, 0): (0, 3), (first, 1): (0, 0), (second, 0): (0, 1)}
    assert await log_bounds(settings.kafka, []) == {}
    assert await log_since(settings.kafka, asked, None) == await log_bounds(settings.kafka, asked)
    assert (await log_since(settings.kafka, asked, 0))[first, 0] == (0, 3)


async def test_bounds_that_nobody_answers_are_given_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when all brokers of a partition are away: the client by itself would ask for ever."""
    name = await topic_with(settings, 1)
    monkeypatch.setattr(kafka_admin, "ANSWER_LIMIT_S", 0.0)
    with pytest.raises(Unreachable, match="where its logs end"):
        await log_bounds(settings.kafka, [(name, 0)])


async def test_publishing_times_are_those_of_the_first_record_at_or_after_each_offset(settings: Settings) -> None:
    before = time.time() * 1000
    first, second = await topic_with(settings, 3), await topic_with(settings, 2)
    found = await changed_at(settings.kafka, {(first, 0): 0, (first, 1): 0, (second, 0): 1})
    assert found.keys() == {(first, 0), (second, 0)}
    assert before - 1 <= found[first, 0] <= found[second, 0] <= time.time() * 1000
