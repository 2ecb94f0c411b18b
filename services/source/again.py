"""The newest records of a topic once more, with a new object version: for kinds that have no view to read again (design.md 7.3)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import aclosing

from schemas import topics
from services.kernel.kafka import Outgoing, Record
from services.kernel.kafka_read import follow
from services.kernel.settings import Kafka
from services.source.publish import Read, Records

BATCH = 1000


async def newest_again(
    kafka: Kafka, topic: str, keys: Collection[str] | None, records: Records, read: Read
) -> AsyncIterator[list[Outgoing]]:
    """Batches of the newest record of each of the keys (None: of all) of a cee.* topic. `read` was drawn before this call."""
    _, _, kind = topics.parse(topic)
    newest: dict[bytes, tuple[int, int]] = {}
    wanted = None if keys is None else {key.encode() for key in keys}
    async for record in _to_the_end(kafka, topic):
        if record.key is not None and (wanted is None or record.key in wanted):
            newest[record.key] = (record.partition, record.offset)
    batch: list[Outgoing] = []
    async for record in _to_the_end(kafka, topic):
        if record.key is not None and newest.get(record.key) == (record.partition, record.offset):
            key = record.key.decode()
            batch.append(records.tombstone(kind, key, read) if record.value is None else records.value(kind, key, record.value, read))
        if len(batch) >= BATCH:
            yield batch
            batch = []
    yield batch


async def _to_the_end(kafka: Kafka, topic: str) -> AsyncIterator[Record]:
    """All records from the beginning to where the log ended when this was called."""
    async with aclosing(follow(kafka, topic, "ceebus-source-again")) as batches:  # type: ignore[type-var]
        async for fetched in batches:
            if not fetched:
                return
            for record in fetched:
                yield record
