"""Parents before children while there is much to do: a record that arrives before its parent costs three times as much.

Only a matter of speed: whatever the order, apply.py lets children wait.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from schemas import topics
from services.kernel.kafka import Consumer, Partition, Record
from services.kernel.settings import Kafka

MUCH = 2000  # records that an earlier kind is behind, so that later kinds wait
_RANK = {kind: rank for rank, kind in enumerate(topics.KINDS)}


class ParentsFirst(Consumer):
    """A consumer that reads the kinds in their order (domain.md 7.1) as long as one of them is far behind its end."""

    def __init__(self, settings: Kafka, group: str, client: str, instance: str, next_offset: Callable[[Partition], int | None]) -> None:
        """`next_offset` says up to where a partition has been handled."""
        super().__init__(settings, group, client, instance)
        self._next_offset = next_offset

    async def fetch(self, max_records: int, timeout_ms: int = 200, among: Sequence[Partition] = ()) -> dict[Partition, list[Record]]:
        """Records by partition, those of earlier kinds first."""
        fetched: dict[Partition, list[Record]] = {}
        first = self._first()
        if first:
            fetched = await super().fetch(max_records, timeout_ms, first)
        if not fetched:  # a partition that gives nothing must not starve the others
            fetched = await super().fetch(max_records, timeout_ms)
        return dict(sorted(fetched.items(), key=lambda item: _rank(item[0])))

    def _first(self) -> list[Partition]:
        """The partitions up to the earliest kind that is far behind; none when no kind is."""
        assigned = self.assignment()
        behind = [_rank(partition) for partition in assigned if self._lag(partition) > MUCH]
        return [partition for partition in assigned if _rank(partition) <= min(behind)] if behind else []

    def _lag(self, partition: Partition) -> int:
        end, at = self.highwater(partition), self._next_offset(partition)
        return 0 if end is None or at is None else end - at


def _rank(partition: Partition) -> int:
    """Outcomes last: they are few, and about keys."""
    return _RANK.get(topics.parse(partition[0])[2], len(_RANK))
