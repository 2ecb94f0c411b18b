"""Whole topics for tests that look again and again: what was read once is kept, each look fetches only what has come since."""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.kernel.kafka import Record
from services.kernel.kafka_admin import topics_present
from services.kernel.settings import Kafka


class ReadLogs:
    """One client, a member of no group, started when first asked."""

    def __init__(self, kafka: Kafka) -> None:
        self._kafka = kafka
        self._client: AIOKafkaConsumer | None = None
        self._names: set[str] = set()
        self._places: dict[str, dict[TopicPartition, int]] = {}
        self._records: dict[str, list[Record]] = {}

    async def read(self, topic: str) -> list[Record]:
        """All records up to where the topic ends now, in the order in which they were fetched; none where there is no such topic."""
        if topic not in self._places and not await self._open(topic):
            return []
        client, places = self._client, self._places[topic]
        assert client is not None
        ends = await client.end_offsets(list(places))
        behind = [partition for partition, place in places.items() if place < ends[partition]]
        if behind:
            client.assign(behind)
        for partition in behind:
            client.seek(partition, places[partition])
        while any(places[partition] < ends[partition] for partition in behind):
            for partition, records in (await client.getmany(*behind, timeout_ms=200)).items():
                self._records[topic] += records
                places[partition] = records[-1].offset + 1
        return list(self._records[topic])

    async def _open(self, topic: str) -> bool:
        if topic not in (found := await topics_present(self._kafka)):
            return False
        if self._client is None:
            self._client = AIOKafkaConsumer(bootstrap_servers=self._kafka.bootstrap, enable_auto_commit=False, fetch_max_wait_ms=20)
            await self._client.start()
        count, name = found[topic], self._kafka.topic_prefix + topic
        self._names.add(name)
        await self._client._client.set_topics(self._names)  # else it learns of them seconds later
        self._places[topic] = {TopicPartition(name, number): 0 for number in range(count)}
        self._records[topic] = []
        return True

    async def close(self) -> None:
        if self._client is not None:
            await self._client.stop()
