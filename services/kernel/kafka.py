"""Everything that speaks to Kafka: producer, consumer, topics, offsets. The only module that imports aiokafka.

Topic names of `schemas.topics` go in and come out; the prefix of a shared cluster is added and taken off here, and stands
before group names as well: two installations on one cluster must not share a group.
It is one thing: what a client may do, with the errors and time limits that both need.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    KafkaConnectionError,
    KafkaError,
    NoOffsetForPartitionError,
    OffsetOutOfRangeError,
)
from aiokafka.partitioner import murmur2 as murmur2_in_python
from aiokafka.structs import OffsetAndMetadata

from schemas.envelope import Headers
from services.kernel.settings import Kafka

try:
    from murmurhash2 import murmurhash2 as _murmur2
except ImportError:  # no wheel for this machine
    _murmur2 = None  # type: ignore[assignment]

_SEED = 0x9747B28C  # of Kafka's murmur2

Partition = tuple[str, int]  # (topic without prefix, partition number)
AskBounds = Callable[[Sequence[Partition]], Awaitable[dict[Partition, tuple[int, int]]]]

DYNAMIC_SESSION_S = 10.0  # of a member without a name, which nobody expects back
STOP_LIMIT_S = 10.0
DELIVERY_LIMIT_S = 30.0  # an idempotent batch never expires by itself (T18)
BATCH_BYTES = 512 * 1024
FETCH_BYTES = 4 << 20


class Unreachable(Exception):
    """Kafka does not answer; the text names the address and the next step."""


class DeliveryFailed(Exception):
    """Not all records of a batch were acknowledged; sending the whole batch again is safe."""


class NotOwner(Exception):
    """The partition belongs to another member of the group now; whoever owns it reads on from the last commit."""


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


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, consumer: Consumer, assigned: Any, revoked: Any) -> None:
        self._consumer, self._assigned, self._revoked = consumer, assigned, revoked

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        await self._revoked([self._consumer.plain(tp) for tp in revoked])

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        await self._assigned([self._consumer.plain(tp) for tp in assigned])


class OutOfRange(Exception):
    """The log does not hold where a consumer stands."""


class Consumer:
    """A member of a consumer group: no auto commit, no reset policy (T22). Positions are set by whoever owns it."""

    def __init__(self, settings: Kafka, group: str, client: str, instance: str | None = None, *, asked: AskBounds | None = None) -> None:
        """`asked` says where logs begin and end: on the connection that fetches, the broker answers only after a fetch that waits."""
        self.group, self.settings, self._prefix, self._asked = group, settings, settings.topic_prefix, asked
        session_s = settings.session_timeout_s if instance else DYNAMIC_SESSION_S
        self._inner = AIOKafkaConsumer(
            bootstrap_servers=settings.bootstrap,
            client_id=client,
            group_id=settings.topic_prefix + group,
            group_instance_id=instance,  # static membership: a quick restart causes no rebalance (T23)
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=250,
            session_timeout_ms=int(session_s * 1000),
            heartbeat_interval_ms=int(min(3.0, session_s / 3) * 1000),
            max_poll_interval_ms=300_000,
            metadata_max_age_ms=60_000,
        )

    def plain(self, tp: TopicPartition) -> Partition:
        return tp.topic.removeprefix(self._prefix), tp.partition

    def _tp(self, partition: Partition) -> TopicPartition:
        return TopicPartition(self._prefix + partition[0], partition[1])

    async def start(self) -> None:
        await started(self._inner, self.settings)

    async def stop(self, leave: bool = False) -> None:
        """`leave`: out of the group at once; a static member keeps its partitions otherwise until its session ends."""
        if leave and self._inner._coordinator is not None:
            self._inner._coordinator._group_instance_id = None  # the client lets only others leave
        await stopped(self._inner)

    def subscribe(
        self, topics: Sequence[str], assigned: Callable[[list[Partition]], Any], revoked: Callable[[list[Partition]], Any]
    ) -> None:
        """`assigned` and `revoked` are coroutine functions of a list of partitions; fetching waits for them."""
        self._inner.subscribe([self._prefix + topic for topic in topics], listener=_Listener(self, assigned, revoked))

    async def fetch(self, max_records: int, timeout_ms: int = 200, among: Sequence[Partition] = ()) -> dict[Partition, list[Record]]:
        """Records by partition in offset order, at most `max_records` in all; `among`: of these partitions only. Raises OutOfRange."""
        try:
            fetched = await self._inner.getmany(*[self._tp(p) for p in among], timeout_ms=timeout_ms, max_records=max_records)
        except NoOffsetForPartitionError:
            return {}  # fetching began before the owner's `assigned` had set the position; it does so for every partition
        except OffsetOutOfRangeError as error:
            for tp, offset in error.args[0].items():
                if tp in self._inner.assignment() and await self._inner.position(tp) == offset:
                    raise OutOfRange(str(error)) from error
            return {}  # the answer to a fetch from where it stood before a seek
        return {self.plain(tp): records for tp, records in fetched.items()}

    async def fetch_until(self, wake: asyncio.Event, max_records: int, timeout_ms: int) -> dict[Partition, list[Record]]:
        """As Consumer.fetch of all partitions, but nothing as soon as `wake` is set. Cancelled while it waits, the client has handed out
        nothing that could get lost."""
        fetching = asyncio.ensure_future(Consumer.fetch(self, max_records, timeout_ms))
        waking = asyncio.ensure_future(wake.wait())
        try:
            await asyncio.wait({fetching, waking}, return_when=asyncio.FIRST_COMPLETED)
            return fetching.result() if fetching.done() else {}
        finally:
            for task in (fetching, waking):
                task.cancel()
            await asyncio.wait({fetching, waking})

    async def commit(self, offsets: dict[Partition, int], metadata: str = "") -> None:
        """Commits next offsets. Raises NotOwner when the group has given a partition to another member meanwhile."""
        try:
            await self._inner.commit({self._tp(p): OffsetAndMetadata(offset, metadata) for p, offset in offsets.items()})
        except (CommitFailedError, IllegalStateError) as error:
            raise NotOwner(str(error)) from error

    async def committed(self, partition: Partition) -> int | None:
        return await self._inner.committed(self._tp(partition))  # type: ignore[no-any-return]

    async def beginnings(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        found = await self._inner.beginning_offsets([self._tp(p) for p in partitions])
        return {self.plain(tp): offset for tp, offset in found.items()}

    async def ends(self, partitions: Sequence[Partition]) -> dict[Partition, int]:
        found = await self._inner.end_offsets([self._tp(p) for p in partitions])
        return {self.plain(tp): offset for tp, offset in found.items()}

    async def bounds(self, partitions: Sequence[Partition]) -> dict[Partition, tuple[int, int]]:
        """Log start and end of each."""
        found = await self._asked(partitions) if self._asked is not None else {}
        if not found.keys() >= set(partitions):
            starts, ends = await asyncio.gather(self.beginnings(partitions), self.ends(partitions))
            found = {partition: (starts[partition], ends[partition]) for partition in partitions}
        return found

    async def position(self, partition: Partition) -> int:
        """The next offset to be fetched: behind holes that compaction has left."""
        return await self._inner.position(self._tp(partition))  # type: ignore[no-any-return]

    async def at_time(self, partitions: Sequence[Partition], timestamp_ms: int) -> dict[Partition, int | None]:
        """The first offset published at or after the moment; None where there is none yet (T32)."""
        found = await self._inner.offsets_for_times({self._tp(p): timestamp_ms for p in partitions})
        return {self.plain(tp): (at.offset if at else None) for tp, at in found.items()}

    def assignment(self) -> list[Partition]:
        return [self.plain(tp) for tp in self._inner.assignment()]

    def flowing(self) -> list[Partition]:
        """What is assigned and not paused."""
        return [self.plain(tp) for tp in self._inner.assignment() - self._inner.paused()]

    def seek(self, partition: Partition, offset: int) -> None:
        self._inner.seek(self._tp(partition), offset)

    def pause(self, partitions: Sequence[Partition]) -> None:
        self._inner.pause(*[self._tp(p) for p in partitions])

    def resume(self, partitions: Sequence[Partition]) -> None:
        self._inner.resume(*[self._tp(p) for p in partitions])

    def highwater(self, partition: Partition) -> int | None:
        return self._inner.highwater(self._tp(partition))  # type: ignore[no-any-return]


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
