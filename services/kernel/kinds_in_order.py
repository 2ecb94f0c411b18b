"""A consumer that reads the kinds in their order while there is much to read (domain.md 7.1): parents come before their children.

Only a matter of speed: whoever gets a child first lets it wait, which costs three times as much.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from schemas import topics
from services.kernel.kafka import Partition, Record
from services.kernel.kafka_consumer import AskBounds, Consumer
from services.kernel.settings import Kafka

MANY = 500  # records of a kind: with fewer, later kinds do not wait for them
LATER_MS = 100  # how long many records may take to come in before later kinds have their turn
_RANK = {kind: rank for rank, kind in enumerate(topics.KINDS)}


class KindsInOrder(Consumer):
    """As far as it knows that there is something to read."""

    def __init__(
        self,
        settings: Kafka,
        group: str,
        client: str,
        instance: str,
        next_offset: Callable[[Partition], int | None],
        *,
        asked: AskBounds | None = None,
    ) -> None:
        """`next_offset` says up to where a partition has been handled."""
        super().__init__(settings, group, client, instance, asked=asked)
        self._next_offset = next_offset
        self._ends: dict[Partition, int] = {}

    async def bounds(self, partitions: Sequence[Partition]) -> dict[Partition, tuple[int, int]]:
        """As Consumer.bounds. Asked before the first fetch, which could say it only afterwards."""
        found = await super().bounds(partitions)
        self._ends |= {partition: end for partition, (_, end) in found.items()}
        return found

    async def fetch_until(
        self, wake: asyncio.Event, max_records: int, timeout_ms: int, among: Sequence[Partition] = ()
    ) -> dict[Partition, list[Record]]:
        """As Consumer.fetch_until; of the first kind alone of which there is much."""
        for partitions, lag in self.behind():
            if lag > MANY and not among:
                fetched = await super().fetch_until(wake, max_records, LATER_MS, partitions)
                if fetched or wake.is_set():
                    return fetched
                break
        return await super().fetch_until(wake, max_records, timeout_ms, among)

    def behind(self) -> list[tuple[list[Partition], int]]:
        """Partitions with records to read, by kind, and how many these are."""
        kinds: dict[int, dict[Partition, int]] = {}
        for partition in self.flowing():
            end, at = self.highwater(partition) or self._ends.get(partition), self._next_offset(partition)
            if end is not None and at is not None and end > at:
                kinds.setdefault(rank(partition), {})[partition] = end - at
        return [(list(kinds[number]), sum(kinds[number].values())) for number in sorted(kinds)]


def rank(partition: Partition) -> int:
    """Answers first: few, they refer to nothing, and somebody waits for them. Outcomes last: they are few, and about keys."""
    stream, _, kind = topics.parse(partition[0])
    return -1 if stream == "results" else _RANK.get(kind, len(_RANK))
