"""Parents before children while there is much to do: a record that arrives before its parent costs three times as much.

Only a matter of speed: whatever the order, apply.py lets children wait.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from schemas import topics
from services.kernel.kafka import Partition, Record
from services.kernel.kafka_consumer import AskBounds, Consumer
from services.kernel.settings import Kafka

SOON_MS = 20  # how long a few records that are known to be there may take to come in before later kinds have their turn
LATER_MS = 100  # the same where there are many: later kinds' records would only wait for them
MANY = 500
_RANK = {kind: rank for rank, kind in enumerate(topics.KINDS)}


class ParentsFirst(Consumer):
    """A consumer that reads the kinds in their order (domain.md 7.1), as far as it knows that there is something to read."""

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

    async def fetch(self, max_records: int, timeout_ms: int = 200, among: Sequence[Partition] = ()) -> dict[Partition, list[Record]]:
        """Records by partition, those of earlier kinds first; later kinds get what is left of `max_records`."""
        fetched: dict[Partition, list[Record]] = {}
        for partitions, lag in self._behind():
            left = max_records - sum(len(records) for records in fetched.values())
            if left > 0:
                fetched |= await self._evenly(left, LATER_MS if lag > MANY else SOON_MS, partitions)
        if fetched:
            return fetched
        rest = await super().fetch(max_records, timeout_ms)
        return dict(sorted(rest.items(), key=lambda item: _rank(item[0])))

    async def _evenly(self, max_records: int, timeout_ms: int, partitions: list[Partition]) -> dict[Partition, list[Record]]:
        """The same share of each partition: a price list lies in one of them, its prices in all."""
        share = -(-max_records // len(partitions))
        fetched: dict[Partition, list[Record]] = {}
        for partition in partitions:
            fetched |= await super().fetch(share, 0, [partition])
        return fetched or await super().fetch(share, timeout_ms, partitions)

    def _behind(self) -> list[tuple[list[Partition], int]]:
        """Partitions with records to read, by kind, and how many these are."""
        kinds: dict[int, dict[Partition, int]] = {}
        for partition in self.assignment():
            end, at = self.highwater(partition), self._next_offset(partition)
            if end is not None and at is not None and end > at:
                kinds.setdefault(_rank(partition), {})[partition] = end - at
        return [(list(kinds[rank]), sum(kinds[rank].values())) for rank in sorted(kinds)]


def _rank(partition: Partition) -> int:
    """Answers first: few, they refer to nothing, and somebody waits for them. Outcomes last: they are few, and about keys."""
    stream, _, kind = topics.parse(partition[0])
    return -1 if stream == "results" else _RANK.get(kind, len(_RANK))
