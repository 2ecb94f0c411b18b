"""Ends, times and beginnings of logs, asked often: one client that stays connected. Used by the runs of control.

Beside kafka.py and kafka_admin.py the only module that imports aiokafka; names go in and come out without the cluster's prefix.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from services.kernel.kafka import Partition, Unreachable, started, stopped
from services.kernel.settings import Kafka

ANSWER_LIMIT_S = 10.0
Places = dict[Partition, int]


class Logs(AbstractAsyncContextManager["Logs"]):
    """Every method raises Unreachable after ANSWER_LIMIT_S. Topics that do not exist are left out."""

    def __init__(self, settings: Kafka, client: str) -> None:
        self._settings, self._client = settings, client
        self._inner: AIOKafkaConsumer | None = None
        self._topics: set[str] = set()
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> Logs:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._close()

    async def ends(self, topics: Sequence[str]) -> Places:
        """The end offset of every partition of these topics."""
        return await self._ask(topics, lambda inner, tps: inner.end_offsets(tps))

    async def beginnings(self, topics: Sequence[str]) -> Places:
        """The log start of every partition."""
        return await self._ask(topics, lambda inner, tps: inner.beginning_offsets(tps))

    async def bounds(self, partitions: Sequence[Partition]) -> dict[Partition, tuple[int, int]]:
        """Log start and end of each that is there."""
        wanted = set(partitions)

        async def question(inner: AIOKafkaConsumer, tps: list[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
            starts, ends = await asyncio.gather(inner.beginning_offsets(tps), inner.end_offsets(tps))
            return {tp: (starts[tp], ends[tp]) for tp in tps}

        found = await self._ask(sorted({topic for topic, _ in wanted}), question)
        return {partition: pair for partition, pair in found.items() if partition in wanted}

    async def at_time(self, topics: Sequence[str], timestamp_ms: int) -> Places:
        """The first offset published at or after the moment; the end where there is none yet (T32)."""
        ends = await self.ends(topics)
        found = await self._ask(topics, lambda inner, tps: inner.offsets_for_times(dict.fromkeys(tps, timestamp_ms)))
        return {partition: at.offset if at is not None else ends[partition] for partition, at in found.items()}

    async def keys_between(self, stretches: Mapping[Partition, tuple[int, int]], most: int) -> dict[Partition, int]:
        """Distinct keys from the first offset up to the second; a partition with more than `most` records in between is left out."""
        asked = {partition: pair for partition, pair in stretches.items() if pair[1] - pair[0] <= most}
        keys: dict[Partition, set[bytes | None]] = {partition: set() for partition in asked}
        async with self._lock:
            inner = await self._opened([topic for topic, _ in asked])
            tps = {TopicPartition(self._settings.topic_prefix + topic, number): (topic, number) for topic, number in asked}
            inner.assign(list(tps))
            for tp, partition in tps.items():
                inner.seek(tp, asked[partition][0])
            left = set(tps)
            while left:
                fetched = await inner.getmany(*left, timeout_ms=500)
                for tp, records in fetched.items():
                    keys[tps[tp]] |= {record.key for record in records if record.offset < asked[tps[tp]][1]}
                left = {tp for tp in left if await inner.position(tp) < asked[tps[tp]][1] and (fetched or tp in fetched)}
            inner.unsubscribe()
        return {partition: len(found) for partition, found in keys.items()}

    async def _ask(self, topics: Sequence[str], question: Any) -> dict[Partition, Any]:
        async with self._lock:
            try:
                async with asyncio.timeout(ANSWER_LIMIT_S):
                    inner = await self._opened(topics)
                    tps = list(self._partitions(inner, topics))
                    answer = await question(inner, tps) if tps else {}
            except (TimeoutError, KafkaError) as error:
                await self._close()
                text = f"Kafka at {self._settings.bootstrap} does not say where its logs end: {error or type(error).__name__}"
                raise Unreachable(text) from error
        prefix = self._settings.topic_prefix
        return {(tp.topic.removeprefix(prefix), tp.partition): value for tp, value in answer.items()}

    async def _opened(self, topics: Sequence[str]) -> AIOKafkaConsumer:
        """Knows the leaders of the topics: asked about others the client would ask for ever."""
        if self._inner is None:
            inner = AIOKafkaConsumer(bootstrap_servers=self._settings.bootstrap, client_id=self._client, enable_auto_commit=False)
            await started(inner, self._settings)
            self._inner, self._topics = inner, set()
        wanted = {self._settings.topic_prefix + topic for topic in topics}
        if not wanted <= self._topics:
            self._topics |= wanted
            await self._inner._client.set_topics(self._topics)
        return self._inner

    def _partitions(self, inner: AIOKafkaConsumer, topics: Sequence[str]) -> Iterable[TopicPartition]:
        for topic in topics:
            name = self._settings.topic_prefix + topic
            for number in sorted(inner.partitions_for_topic(name) or ()):
                yield TopicPartition(name, number)

    async def _close(self) -> None:
        if self._inner is not None:
            inner, self._inner = self._inner, None
            await stopped(inner)
