"""A consumer may be alive and silent (T26): it polls, its log has more, and nothing comes. Then its process starts again."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from services.kernel.kafka import Partition
from services.kernel.kafka_consumer import Consumer

SILENT_S = 60.0  # nothing came for so long
LOOK_S = 15.0
ANSWER_S = 10.0


async def unread(consumer: Consumer, partitions: Collection[Partition]) -> list[Partition]:
    """Partitions whose logs go on behind the consumer's position; none while the broker does not answer, which is not silence."""
    try:
        async with asyncio.timeout(ANSWER_S):
            ends = await consumer.ends(list(partitions)) if partitions else {}
            return [partition for partition, end in ends.items() if end > await consumer.position(partition)]
    except TimeoutError:
        return []
