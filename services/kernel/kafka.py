"""What is sent to Kafka, and what every client of it shares: records, errors, starting and stopping within time limits.

Only the modules kafka*.py import aiokafka. Topic names of `schemas.topics` go in and come out; the prefix of a shared cluster is added
and taken off here, and stands before group names as well: two installations on one cluster must not share a group.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.partitioner import murmur2 as murmur2_in_python

from schemas.envelope import Headers
from services.kernel.settings import Kafka

try:
    from murmurhash2 import murmurhash2 as _murmur2
except ImportError:  # no wheel for this machine
    _murmur2 = None  # type: ignore[assignment]

_SEED = 0x9747B28C  # of Kafka's murmur2

Partition = tuple[str, int]  # (topic without prefix, partition number)

STOP_LIMIT_S = 10.0
DELIVERY_LIMIT_S = 30.0  # an idempotent batch never expires by itself (T18)
BATCH_BYTES = 512 * 1024


class Unreachable(Exception):
    """Kafka does not answer; the text names the address and the next step."""


class DeliveryFailed(Exception):
    """Not all records of a batch were acknowledged; sending the whole batch again is safe."""


class Record(Protocol):
    """A record as fetched; `topic` carries the cluster's prefix, a lane's batch does not."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    timestamp: int


@dataclass(slots=True)
class Outgoing:
    """A record to send to one partition; `value` None is a tombstone."""

    topic: str
    partition: int
    key: bytes
    value: bytes | None
    headers: Headers


def partition_for(key: bytes, partitions: int) -> int:
    """Kafka's default partitioner: murmur2 of the key, so that other clients find a key where we put it."""
    found = murmur2_in_python(key) if _murmur2 is None else _murmur2(key, _SEED)
    return int((found & 0x7FFFFFFF) % partitions)


class Producer:
    """Sends whole batches and answers when the broker has all of them (T12, T27)."""

    def __init__(self, settings: Kafka, client: str) -> None:
        self._settings, self._client = settings, client
        self._inner: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        inner = AIOKafkaProducer(
            bootstrap_servers=self._settings.bootstrap,
            client_id=self._client,
            acks="all",
            enable_idempotence=True,
            compression_type="zstd",  # aiokafka asks lz4 for its slowest level: four times the time of zstd, for more bytes
            linger_ms=0,  # batches are built here, waiting would only add latency
            max_batch_size=BATCH_BYTES,
            max_request_size=4 << 20,
            request_timeout_ms=int(DELIVERY_LIMIT_S * 1000),
        )
        await started(inner, self._settings)
        self._inner = inner

    async def stop(self) -> None:
        if self._inner is not None:
            inner, self._inner = self._inner, None
            await stopped(inner)

    async def send_all(self, records: Iterable[Outgoing]) -> int:
        """Sends in the given order per partition; returns how many. Raises DeliveryFailed, then all may be sent again."""
        async with self._starting:  # callers side by side share one
            if self._inner is None:
                await self.start()
            used = self._inner
        try:
            async with asyncio.timeout(DELIVERY_LIMIT_S):
                return await self._send(records)
        except (KafkaError, TimeoutError) as error:
            if self._inner is used:
                await self.stop()  # after a lost batch the producer may be broken for good (T19): the next call builds a new one
            raise DeliveryFailed(f"{type(error).__name__}: {error}") from error

    async def _send(self, records: Iterable[Outgoing]) -> int:
        inner, prefix = self._inner, self._settings.topic_prefix
        assert inner is not None
        open_batches: dict[Partition, Any] = {}
        answers: list[asyncio.Future[Any]] = []
        count = 0

        async def ship(target: Partition) -> None:
            batch = open_batches.pop(target)
            batch.close()
            answers.append(await inner.send_batch(batch, prefix + target[0], partition=target[1]))

        target: Partition | None = None
        batch: Any = None
        for record in records:
            if target is None or record.partition != target[1] or record.topic != target[0]:
                target = (record.topic, record.partition)
                batch = open_batches.get(target) or open_batches.setdefault(target, inner.create_batch())
            if batch.append(key=record.key, value=record.value, timestamp=None, headers=record.headers) is None:
                await ship(target)
                batch = open_batches[target] = inner.create_batch()
                if batch.append(key=record.key, value=record.value, timestamp=None, headers=record.headers) is None:
                    raise DeliveryFailed(f"a record of {len(record.value or b'')} bytes does not fit into a batch")
            count += 1
        for target in list(open_batches):
            await ship(target)
        await asyncio.gather(*answers)
        return count


@asynccontextmanager
async def producer(settings: Kafka, client: str) -> AsyncIterator[Producer]:
    """A started producer: idempotent, acks=all (T17)."""
    made = Producer(settings, client)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def started(client: Any, settings: Kafka) -> None:
    try:
        await client.start()
    except KafkaConnectionError as error:
        await stopped(client)
        raise Unreachable(f"Kafka does not answer at {settings.bootstrap}. Is it running? `ceebus up` starts an embedded one.") from error
    except asyncio.CancelledError:
        await stopped(client)  # its connections would stay open, and keep the loop from closing
        raise


async def stopped(client: Any) -> None:
    """Stops within a time limit: a client may hang there when the broker is gone (T26). Whoever is cancelled here stops it first."""
    stopping = asyncio.ensure_future(client.stop())
    try:
        await asyncio.wait({stopping}, timeout=STOP_LIMIT_S)
    except asyncio.CancelledError:
        await asyncio.wait({stopping}, timeout=STOP_LIMIT_S)
        raise
    finally:
        stopping.cancel()
        with suppress(asyncio.CancelledError, KafkaError):
            await stopping
