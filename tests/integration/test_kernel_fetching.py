"""Fetching against a real broker: a fetch that is broken off loses nothing, and bounds are the same whoever is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

from aiokafka.admin import RecordsToDelete
from aiokafka.errors import PolicyViolationError
from aiokafka.structs import TopicPartition

from schemas import topics
from services.kernel.kafka import Outgoing, Partition, producer
from services.kernel.kafka_admin import administrator, alter_topic, ensure_topics
from services.kernel.kafka_consumer import Consumer
from services.kernel.kafka_logs import Logs
from services.kernel.settings import Kafka, Settings
from tests.stack import eventually

RECORDS, PARTITIONS = 800, 4


async def publish(kafka: Kafka, topic: str, numbers: Sequence[int]) -> None:
    async with producer(kafka, "test") as out:
        await out.send_all(Outgoing(topic, number % PARTITIONS, b"%d" % number, b"{}", []) for number in numbers)


async def placed(consumer: Consumer, topic: str, begin: int = 0) -> None:
    """Returns when the consumer stands at `begin` of every partition."""
    there = asyncio.Event()

    async def assigned(partitions: list[Partition]) -> None:
        for partition in partitions:
            consumer.seek(partition, begin)
        there.set()

    async def revoked(_: list[Partition]) -> None: ...

    await consumer.start()
    consumer.subscribe([topic], assigned, revoked)
    async with asyncio.timeout(30):
        await there.wait()


async def test_a_fetch_that_is_broken_off_at_any_moment_loses_and_repeats_nothing(settings: Settings, channel: str) -> None:
    topic, rng, wake = topics.cee(channel, "partners"), Random(7), asyncio.Event()
    await ensure_topics(settings.kafka, topics.declared(channel))
    consumer = Consumer(settings.kafka, f"test.{channel}", "test")
    await placed(consumer, topic)
    seen: dict[int, list[int]] = {number: [] for number in range(PARTITIONS)}
    broken_off = 0

    async def sending() -> None:
        async with producer(settings.kafka, "test") as out:
            for number in range(RECORDS):
                await out.send_all([Outgoing(topic, number % PARTITIONS, b"%d" % number, b"{}", [])])

    async def waking() -> None:
        while True:
            await asyncio.sleep(rng.choice((0, 0, 0.0005, 0.001, 0.003)))
            wake.set()

    tasks = [asyncio.create_task(sending()), asyncio.create_task(waking())]
    try:
        async with asyncio.timeout(120):
            while sum(map(len, seen.values())) < RECORDS:
                fetched = await consumer.fetch_until(wake, 50, 200)
                broken_off += wake.is_set() and not fetched
                wake.clear()
                for (_, number), records in fetched.items():
                    seen[number] += [record.offset for record in records]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await consumer.stop()
    assert seen == {number: list(range(RECORDS // PARTITIONS)) for number in range(PARTITIONS)}
    assert broken_off > 20


async def test_bounds_are_those_of_the_logs_whoever_is_asked(settings: Settings, channel: str) -> None:
    topic = topics.cee(channel, "partners")
    await ensure_topics(settings.kafka, topics.declared(channel))
    await publish(settings.kafka, topic, range(10))
    await alter_topic(settings.kafka, topic, topics.COMPACTED | {"cleanup.policy": "compact,delete", "retention.ms": "-1"})
    name = settings.kafka.topic_prefix + topic

    async def is_cut() -> bool:
        try:
            async with administrator(settings.kafka) as admin:
                await admin.delete_records({TopicPartition(name, 1): RecordsToDelete(before_offset=2)})
        except PolicyViolationError:
            return False  # the log has not heard of its new policy yet
        return True

    await eventually(is_cut)
    expected = {(topic, 0): (0, 3), (topic, 1): (2, 3), (topic, 2): (0, 2), (topic, 3): (0, 2)}
    async with Logs(settings.kafka, "test") as logs:
        assert await logs.bounds(list(expected)) == expected
        assert await logs.bounds([*expected, ("cee.nobody.partners", 0)]) == expected
        for asked in (None, logs.bounds):
            consumer = Consumer(settings.kafka, f"test.{channel}", "test", asked=asked)
            await placed(consumer, topic)
            assert await consumer.bounds(list(expected)) == expected
            await consumer.stop()
