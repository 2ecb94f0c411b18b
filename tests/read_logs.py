"""Whole topics for tests that look again and again: what was read once is kept, each look reads only what has come since."""

from __future__ import annotations

from services.kernel.kafka import Partition, Record
from services.kernel.kafka_admin import topics_present
from services.kernel.kafka_logs import Logs
from services.kernel.kafka_read import read_between
from services.kernel.settings import Kafka


class ReadLogs:
    """`logs` is open for as long as this is used."""

    def __init__(self, kafka: Kafka, logs: Logs) -> None:
        self._kafka, self._logs = kafka, logs
        self._places: dict[str, dict[Partition, int]] = {}
        self._records: dict[str, list[Record]] = {}

    async def read(self, topic: str) -> list[Record]:
        """All records up to where the topic ends now, in offset order per partition; none where there is no such topic."""
        if topic not in self._places and topic not in await topics_present(self._kafka):
            return []
        places, found = self._places.setdefault(topic, {}), self._records.setdefault(topic, [])
        ends = await self._logs.ends([topic])
        behind = {partition: (places.get(partition, 0), end) for partition, end in ends.items() if places.get(partition, 0) < end}
        if behind:
            async for passed in read_between(self._kafka, behind, "test", 10_000):
                for partition, (records, after) in passed.items():
                    found += records
                    places[partition] = after
        return list(found)
