"""Parents before children, also where there are few: a record that arrives before its parent costs three times as much.

Only a matter of speed: whatever the order, apply.py lets children wait.
"""

from __future__ import annotations

from collections.abc import Sequence

from services.kernel.kafka import Partition, Record
from services.kernel.kinds_in_order import LATER_MS, MANY, KindsInOrder, rank

SOON_MS = 20  # how long a few records that are known to be there may take to come in before later kinds have their turn


class ParentsFirst(KindsInOrder):
    """A consumer that always reads the kinds in their order, as far as it knows that there is something to read."""

    async def fetch(self, max_records: int, timeout_ms: int = 200, among: Sequence[Partition] = ()) -> dict[Partition, list[Record]]:
        """Records by partition, those of earlier kinds first; later kinds get what is left of `max_records`."""
        fetched: dict[Partition, list[Record]] = {}
        left = max_records
        for partitions, lag in self.behind():
            got = await self._evenly(left, LATER_MS if lag > MANY else SOON_MS, partitions)
            fetched |= got
            count = sum(len(records) for records in got.values())
            left -= count
            if left <= 0 or (count and lag - count > MANY):  # later kinds' records would wait for what is still to come
                break
        if fetched:
            return fetched
        rest = await super().fetch(max_records, timeout_ms)
        return dict(sorted(rest.items(), key=lambda item: rank(item[0])))

    async def _evenly(self, max_records: int, timeout_ms: int, partitions: list[Partition]) -> dict[Partition, list[Record]]:
        """The same share of each partition: a price list lies in one of them, its prices in all."""
        share = -(-max_records // len(partitions))
        fetched: dict[Partition, list[Record]] = {}
        for partition in partitions:
            fetched |= await super().fetch(share, 0, [partition])
        return fetched or await super().fetch(share, timeout_ms, partitions)
