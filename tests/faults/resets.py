"""A consumer group's offsets as Kafka's own tools change them: while nobody is in the group, without our metadata."""

from __future__ import annotations

from random import Random

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from services.kernel.kafka_admin import administrator
from services.kernel.settings import Kafka
from tests.stack import eventually


async def is_empty(settings: Kafka, group: str) -> bool:
    """Nobody is a member, and no rebalance goes on."""
    async with administrator(settings) as admin:
        (answer,) = await admin.describe_consumer_groups([settings.topic_prefix + group])
    ((_error, _group, state, *_rest),) = answer.groups
    return state in ("Empty", "Dead")


async def move_marker(settings: Kafka, group: str, topic: str, to: Random | dict[int, int]) -> dict[int, int]:
    """Commits places of a topic: those given by partition, or somewhere in each log. Returns what was committed."""
    name = settings.topic_prefix + topic
    inner = AIOKafkaConsumer(name, bootstrap_servers=settings.bootstrap, group_id=settings.topic_prefix + group, enable_auto_commit=False)
    await inner.start()
    try:
        await eventually(lambda: bool(inner.assignment()), within=40)
        tps = [TopicPartition(name, number) for number in sorted(inner.partitions_for_topic(name) or ())]
        starts, ends = await inner.beginning_offsets(tps), await inner.end_offsets(tps)
        if isinstance(to, Random):
            to = {tp.partition: to.randint(starts[tp], ends[tp]) for tp in tps}
        await inner.commit({TopicPartition(name, number): OffsetAndMetadata(offset, "") for number, offset in to.items()})
        return to
    finally:
        await inner.stop()
