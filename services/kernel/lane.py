"""The lane: one aiokafka consumer that hands whole batches of a partition to a Faust agent and commits what is durable.

Faust keeps agents, supervision and service life; its own consumer stays off (T03, `prototype` of design.md 2). The only
module that imports Faust. Between batches its marks steer it: hold, release, rewind, stop at a bound (course.py).
It is one thing: fetch, hand over, await and commit share one state.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faust
import mode
from faust.app.base import BootStrategy

from services.kernel import metrics
from services.kernel.course import Cut
from services.kernel.kafka import Partition, Record
from services.kernel.kafka_consumer import Consumer, OutOfRange
from services.kernel.logging import log
from services.kernel.watchdog import LOOK_S, SILENT_S, unread

BATCH_RECORDS = 2000
SHARED_RECORDS = 250  # while what is fetched goes together with different things: none of them waits long for another
SHARED_S = 1.0
ATTEMPTS = 5  # of one batch; then the process stops and its supervisor starts it again
STOP_LIMIT_S = 20.0
IDLE_MS = 200
IDLE_S = IDLE_MS / 1000


class LaneFailed(Exception):
    """A batch failed repeatedly or the lane lost its partition to another owner; the process must stop."""


@dataclass(slots=True)
class Batch:
    """Consecutive records of one partition; `topic` without the cluster's prefix."""

    topic: str
    partition: int
    records: Sequence[Record]
    run: str | None = None  # the run on whose order they are read
    force: bool = False
    parking: bool = False  # they were skipped by hand: not to be delivered, but due


@dataclass(slots=True)
class _Handed:
    """What the agent works on at a time; `durable` answers the lane."""

    batches: Sequence[Batch]
    durable: asyncio.Future[None]


class Marks:
    """Where a lane starts and what it remembers. `KafkaMarks` for topic to topic, `RowMarks` where effects are in a database."""

    steered = False  # whether what is wanted of the lane may change while it waits for records

    async def positions(self, consumer: Consumer, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """The next offset of each newly assigned partition."""
        raise NotImplementedError

    async def settled(self, consumer: Consumer, offsets: dict[Partition, int]) -> None:
        """Called after every batch that is durable, with the next offsets."""
        raise NotImplementedError

    async def steer(self, consumer: Consumer) -> bool:
        """Called between batches: seeks, pauses and resumes as it is wanted; False when nothing may be read now."""
        return True

    def at(self, partition: Partition) -> int | None:
        """The next offset to read, for marks that are steered."""
        return None

    def cut(self, partition: Partition, records: Sequence[Record]) -> Cut:
        """What of a fetched stretch is handed on now."""
        return Cut(records, records[-1].offset + 1)


def _records(batches: Sequence[Batch]) -> int:
    return sum(len(batch.records) for batch in batches)


Work = Callable[[Sequence[Batch]], Awaitable[None]]
Together = Callable[[Partition], Hashable]


class _NoKafka(BootStrategy):  # type: ignore[misc]
    """Faust starts its agents only: no consumer, no producer, no web server (T03, T11)."""

    enable_kafka = False
    enable_web = False


class _App(faust.App):  # type: ignore[misc]
    BootStrategy = _NoKafka


def _app(name: str) -> faust.App:
    return _App(
        name,
        broker="kafka://127.0.0.1:1",  # never contacted
        store="memory://",
        datadir=str(Path(tempfile.gettempdir(), "ceebus-faust")),  # nothing is kept there, but Faust makes the folder
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        value_serializer="raw",
    )


class Lane(mode.Service):  # type: ignore[misc]
    """Reads `topics` as a member of a group; `work(batches)` returns when their effects are durable.

    What was fetched at once of partitions for which `together` says the same is handed over at once, in the order the consumer
    gave: few records of many partitions then cost one transaction, or one answer of the broker. As a rule each goes alone.
    """

    abstract = False

    def __init__(
        self,
        name: str,
        consumer: Consumer,
        topics: Sequence[str],
        marks: Marks,
        work: Work,
        *,
        together: Together = lambda partition: partition,
    ) -> None:
        super().__init__()
        self.name, self.consumer, self.topics, self.marks, self.work = name, consumer, list(topics), marks, work
        self._together = together
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.leaving = False  # for good: out of the group when it stops
        self._several_at = -SHARED_S  # when what was fetched belonged to several
        self.wake = asyncio.Event()  # something else is wanted: set by whoever follows what operators want
        self._idle = asyncio.Event()
        self._idle.set()
        self._placed = asyncio.Event()  # set while the positions of what is assigned are ours, not the client's
        self._places: dict[Partition, int] = {}
        self._placings = 0
        self._app = _app(f"ceebus-{name}")
        self._batches = self._app.channel(maxsize=8)
        self._app.agent(self._batches, name=f"{name}.agent")(self._agent)
        self.fetched_at = self.records_at = self.durable_at = asyncio.get_running_loop().time()

    async def _agent(self, stream: Any) -> None:
        """One actor, one item at a time (T05). Never raises: a failure travels by the item's future (T02)."""
        async for handed in stream:
            try:
                await self.work(handed.batches)
            except BaseException as error:
                if not handed.durable.done():
                    handed.durable.set_exception(error)
                if not isinstance(error, Exception):
                    raise
            else:
                handed.durable.set_result(None)

    async def on_start(self) -> None:
        await self._app.start()
        self._app.flow_control.resume()  # its consumer is off, so nobody else opens the gate (T04)
        await self.consumer.start()
        self.consumer.subscribe(self.topics, self._assigned, self._revoked)

    def follow(self, topics: Sequence[str]) -> None:
        """Changes the subscription; the group rebalances."""
        self.topics = list(topics)
        self.consumer.subscribe(self.topics, self._assigned, self._revoked)

    async def _assigned(self, partitions: list[Partition]) -> None:
        try:
            self._places = await self.marks.positions(self.consumer, partitions)
            self._go_to_places()
        except Exception as error:  # the client would log it and read on from wherever it likes
            self._fail(error)
            return
        self._placings += 1
        self._placed.set()
        log.info("assigned", action="lane_assigned", lane=self.name, partitions=len(partitions))

    def _go_to_places(self) -> None:
        for partition, offset in self._places.items():
            self.consumer.seek(partition, offset)

    async def _revoked(self, partitions: list[Partition]) -> None:
        """The running batch is finished, or abandoned after a while: its late effects meet the guards (T07)."""
        self._placed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_LIMIT_S):
                await self._idle.wait()

    @mode.Service.task  # type: ignore[untyped-decorator]
    async def _pump(self) -> None:
        try:
            while not self.should_stop:
                fetched = await self._fetch(await self._steer())
                self.fetched_at = asyncio.get_running_loop().time()
                if fetched and self.wake.is_set():
                    self._put_back(fetched)
                elif fetched:
                    self.records_at = self.fetched_at
                    await self._settle(fetched)
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            if self.should_stop:
                return  # its consumer was stopped under a fetch
            self._fail(error)

    @mode.Service.task  # type: ignore[untyped-decorator]
    async def _watch(self) -> None:
        while not self.should_stop:
            await self.sleep(LOOK_S)
            if not self._placed.is_set() or asyncio.get_running_loop().time() - self.records_at < SILENT_S:
                continue
            silent = await unread(self.consumer, self.consumer.flowing())
            if silent and asyncio.get_running_loop().time() - self.records_at >= SILENT_S:
                self._fail(
                    LaneFailed(f"{self.name}: nothing has come of {silent[0][0]} {silent[0][1]} for {SILENT_S:.0f} s though there is more")
                )

    def _fail(self, error: BaseException) -> None:
        log.error("the lane stops", action="lane_failed", lane=self.name, error=f"{type(error).__name__}: {error}")
        if not self.failed.done():
            self.failed.set_exception(error if isinstance(error, Exception) else LaneFailed(str(error)))

    async def _steer(self) -> bool:
        """Whether anything may be read now. A rebalance waits for it as for a batch."""
        self.wake.clear()
        if not self._placed.is_set():
            return True
        self._idle.clear()
        try:
            return await self.marks.steer(self.consumer)
        finally:
            self._idle.set()

    def _put_back(self, fetched: dict[Partition, list[Record]]) -> None:
        """Something else was wanted while this was fetched: it is fetched again once the lane knows what. With records in hand the
        consumer's positions say nothing of what was handled."""
        for partition, records in fetched.items():
            self.consumer.seek(partition, records[0].offset)

    async def _fetch(self, flowing: bool) -> dict[Partition, list[Record]]:
        """Nothing that the client fetched before `_assigned` had said from where: it starts at the committed offset by itself."""
        placings = self._placings
        if not flowing:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(IDLE_S):
                    await self.wake.wait()
        # a lane of which nothing flows goes on polling too, or its group would think it dead (T25)
        most = SHARED_RECORDS if asyncio.get_running_loop().time() - self._several_at < SHARED_S else BATCH_RECORDS
        try:
            if self.marks.steered and flowing:
                fetched = await self.consumer.fetch_until(self.wake, most, IDLE_MS)
            else:
                fetched = await self.consumer.fetch(most, IDLE_MS if flowing else 0)
        except OutOfRange:
            if placings == self._placings and self._placed.is_set():
                raise
            fetched = {}  # the client began at the committed offset, which the log has left behind: `_assigned` knows better
        if placings == self._placings and self._placed.is_set():
            return fetched
        if fetched and self._placed.is_set():  # placed meanwhile: what was fetched may lie behind the places or before them
            self._go_to_places()
        return {}

    async def _settle(self, fetched: dict[Partition, list[Record]]) -> None:
        self._idle.clear()
        try:
            cuts = {partition: self.marks.cut(partition, records) for partition, records in fetched.items()}
            groups: dict[Hashable, list[Batch]] = {}
            for partition, cut in cuts.items():
                if cut.records:
                    batch = Batch(*partition, cut.records, cut.run, cut.force, cut.parking)
                    groups.setdefault(self._together(partition), []).append(batch)
                if cut.after <= fetched[partition][-1].offset and partition in self.consumer.assignment():
                    self.consumer.seek(partition, cut.after)  # the rest has its turn later
            if len(groups) > 1:
                self._several_at = asyncio.get_running_loop().time()
            await asyncio.gather(*[self._through(batches) for batches in sorted(groups.values(), key=_records)])  # the least first
            await self.marks.settled(self.consumer, {partition: cut.after for partition, cut in cuts.items()})
            self.durable_at = asyncio.get_running_loop().time()
        finally:
            self._idle.set()

    async def _through(self, batches: Sequence[Batch]) -> None:
        """Through the agent, again after a failure: effects are idempotent. Raises LaneFailed in the end."""
        first = batches[0]
        for attempt in range(1, ATTEMPTS + 1):
            handed = _Handed(batches, asyncio.get_running_loop().create_future())
            await self._batches.put(handed)
            try:
                await handed.durable
                break
            except LaneFailed:
                raise
            except Exception as error:
                metrics.BATCH_FAILURES.labels(self.name.partition(".")[0]).inc()
                log.warning(
                    "batch failed",
                    action="batch_failed",
                    lane=self.name,
                    topic=first.topic,
                    attempt=attempt,
                    error=f"{type(error).__name__}: {error}",
                )
                if attempt == ATTEMPTS or self.should_stop:
                    place = f"{first.topic} {first.partition} at offset {first.records[0].offset}"
                    raise LaneFailed(f"{self.name}: {place} failed {attempt} times: {error}") from error
                await asyncio.sleep(min(5.0, 0.2 * 2**attempt))

    async def on_stop(self) -> None:
        """The running batch is finished first; when it takes too long nothing of it is committed (T06)."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_LIMIT_S):
                await self._idle.wait()
        await self.consumer.stop(self.leaving)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await self._app.stop()
