"""A consumer group's offsets as Kafka's own tools change them, for tests of lanes."""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.kernel.settings import Settings
from tests.stack import eventually


async def reset(settings: Settings, channel: str, topic: str, offset: int) -> None:
    """As `kafka-consumer-groups --reset-offsets` does it: a member of the empty group commits without metadata."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=settings.kafka.bootstrap, group_id=f"ceebus.export.{channel}", enable_auto_commit=False
    )
    await consumer.start()
    try:
        await eventually(lambda: TopicPartition(topic, 0) in consumer.assignment(), within=40)
        await consumer.commit({TopicPartition(topic, 0): offset})
    finally:
        await consumer.stop()
