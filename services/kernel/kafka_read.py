"""Reads logs as a member of no group: nobody's marker is touched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from services.kernel.kafka import Partition, Record, Unreachable, started, stopped
from services.kernel.settings import Kafka


async def follow(settings: Kafka, topic: str, client: str) -> AsyncIterator[list[Record]]:
    """All records of a small topic from its beginning, then as they come; an empty list says "at the end for now"."""
    name = settings.topic_prefix + topic
    inner = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap, client_id=client, enable_auto_commit=False, auto_offset_reset="none")
    await started(inner, settings)
    try:
        partitions = [TopicPartition(name, p) for p in sorted(await _partitions(inner, name))]
        inner.assign(partitions)
        await inner.seek_to_beginning(*partitions)
        ends = await inner.end_offsets(partitions)
        behind = True
        while True:
            fetched = await inner.getmany(timeout_ms=250)
            for records in fetched.values():
                yield records
            if behind and all([await inner.position(tp) >= ends[tp] for tp in partitions]):
                behind = False
                yield []
    finally:
        await stopped(inner)


async def read_between(
    settings: Kafka, stretches: Mapping[Partition, tuple[int, int]], client: str, max_records: int
) -> AsyncGenerator[dict[Partition, tuple[list[Record], int]], None]:
    """Records of stretches [from, until) of some logs, as a member of no group: nobody's marker is touched.

    Yields at most `max_records` at a time: by partition the records in offset order and the offset behind them. Ends when all
    stretches have been passed; what a log no longer holds, or does not hold yet, is passed too (T36b).
    """
    inner = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap, client_id=client, enable_auto_commit=False, auto_offset_reset="none")
    await started(inner, settings)
    try:
        tps = {TopicPartition(settings.topic_prefix + topic, number): (topic, number) for topic, number in stretches}
        starts, ends = await inner.beginning_offsets(list(tps)), await inner.end_offsets(list(tps))
        bounds = {tp: min(stretches[plain][1], ends[tp]) for tp, plain in tps.items()}
        open_tps = {tp for tp, plain in tps.items() if max(stretches[plain][0], starts[tp]) < bounds[tp]}
        yield {tps[tp]: ([], stretches[tps[tp]][1]) for tp in tps.keys() - open_tps}
        inner.assign(list(open_tps))
        for tp in open_tps:
            inner.seek(tp, max(stretches[tps[tp]][0], starts[tp]))
        while open_tps:
            fetched = await inner.getmany(*open_tps, timeout_ms=500, max_records=max_records)
            places = {tp: await inner.position(tp) for tp in open_tps}
            passed = {tp for tp in open_tps if places[tp] >= bounds[tp]}
            found = {tp: [r for r in fetched.get(tp, ()) if r.offset < bounds[tp]] for tp in fetched.keys() | passed}
            open_tps -= passed
            yield {tps[tp]: (rs, stretches[tps[tp]][1] if tp in passed else places[tp]) for tp, rs in found.items()}
    except KafkaError as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from error
    finally:
        await stopped(inner)


async def _partitions(inner: AIOKafkaConsumer, name: str) -> set[int]:
    for _ in range(300):
        # not the client's own view of the cluster: a topic made a moment before its start may be missing there for minutes
        found = (await inner._client.fetch_all_metadata()).partitions_for_topic(name) or set()
        if found:
            return set(found)
        await asyncio.sleep(0.1)
    raise Unreachable(f"Topic {name} does not exist. Create the topics with `ceebus topics apply`.")
