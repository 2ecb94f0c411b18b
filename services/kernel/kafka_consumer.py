"""A member of a consumer group, as lanes use it: positions, pauses and commits are its owner's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, NoOffsetForPartitionError, OffsetOutOfRangeError
from aiokafka.structs import OffsetAndMetadata

from services.kernel.kafka import Partition, Record, started, stopped
from services.kernel.settings import Kafka

AskBounds = Callable[[Sequence[Partition]], Awaitable[dict[Partition, tuple[int, int]]]]

DYNAMIC_SESSION_S = 10.0  # of a member without a name, which nobody expects back
FETCH_BYTES = 4 << 20


class NotOwner(Exception):
    """The partition belongs to another member of the group now; whoever owns it reads on from the last commit."""


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

    async def fetch_until(
        self, wake: asyncio.Event, max_records: int, timeout_ms: int, among: Sequence[Partition] = ()
    ) -> dict[Partition, list[Record]]:
        """As Consumer.fetch, but nothing as soon as `wake` is set. Cancelled while it waits, the client has handed out
        nothing that could get lost."""
        fetching = asyncio.ensure_future(Consumer.fetch(self, max_records, timeout_ms, among))
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
