"""The "last transfer" marker of a topic-to-topic lane: the group's committed offsets, mirrored in PostgreSQL with history.

Read by a lane when partitions are assigned, moved when batches are durable, steered between batches by what is wanted
(steering.py). The committed offset may be behind what was settled, never ahead (faults.md 1).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from uuid import UUID

import orjson

from schemas.topics import parse
from services.kernel.course import LIVE, Cut, Order, Place, Wanted, cut
from services.kernel.kafka import Partition, Record
from services.kernel.kafka_consumer import Consumer, NotOwner
from services.kernel.lane import Marks
from services.kernel.logging import log
from services.kernel.origin import Adopted, Origin, where_to_begin
from services.kernel.postgres import Pool, PooledConnection, Queries
from services.kernel.row_marks import Gap, OnGap

QUERIES = Queries(Path(__file__).with_name("marks.sql"))
NOTE_S = 60.0  # how often the plain course of a marker is noted in its history


async def want_snapshot(connection: PooledConnection, gap: Gap) -> None:
    """What CEE stated is read again from CEE (faults.md 1)."""
    _, channel, kind = parse(gap.partition[0])
    await connection.execute(QUERIES.want_snapshot, channel, kind, f"gap: marker {gap.offset}, log starts at {gap.start}")


class KafkaMarks(Marks):
    """Marks of one consumer group. A lost offset is restored from the mirror; one below the log start is a gap: `on_gap`."""

    steered = True

    def __init__(self, lane: str, pool: Pool, on_gap: OnGap = want_snapshot, wanted: Callable[[], Wanted] = lambda: LIVE) -> None:
        self._lane, self._pool, self._on_gap, self._wanted = lane, pool, on_gap, wanted
        self.places: dict[Partition, Place] = {}
        self._epochs: dict[Partition, int] = {}
        self._paused: set[Partition] = set()
        self._noted: dict[Partition, float] = {}
        self._confirmed: tuple[str, bool] | None = None
        self._unsaid: list[Partition] = []  # markers that Kafka has lost

    async def positions(self, consumer: Consumer, partitions: Sequence[Partition]) -> dict[Partition, int]:
        """Committed offset, else the mirror's, else (never transferred) the log's start; or where an order's stretch goes on."""
        bounds = await consumer.bounds(partitions)
        rows = await self._pool.fetch(QUERIES.mirrored, self._lane, sorted({topic for topic, _ in partitions}))
        mirror = {(row["topic"], row["topic_partition"]): row for row in rows}
        origins = await where_to_begin(consumer, bounds, mirror)
        self.places, self._epochs, self._paused = {}, {}, set()
        self._unsaid = [partition for partition, origin in origins.items() if origin.cause in ("restored", "gap")]
        for partition, origin in origins.items():
            await self._tell(partition, origin)
            self.places[partition] = origin.place(mirror.get(partition))
        columns = _columns((*p, place.marker, place.position, place.until, place.parking) for p, place in self.places.items())
        for row in await self._pool.fetch(QUERIES.take_over, self._lane, *columns):
            self._epochs[row["topic"], row["topic_partition"]] = row["epoch"]
        return {partition: place.at for partition, place in self.places.items()}

    async def _tell(self, partition: Partition, origin: Origin) -> None:
        """What is unusual about where the lane begins: said, and made up for where that is possible."""
        if origin.gap is not None:
            about = {"lane": self._lane, "topic": partition[0], "offset": origin.gap.offset, "start": origin.gap.start}
            log.error("the log no longer holds what follows the marker", action="gap", **about)
        if origin.cause and origin.cause != "gap":
            about = {"lane": self._lane, "topic": partition[0], "offset": origin.marker}
            log.warning(f"marker {origin.cause}", action=f"marker_{origin.cause}", **about)
        if origin.cause:
            async with self._pool.acquire() as connection, connection.transaction():
                if origin.gap is not None:
                    await self._on_gap(connection, origin.gap)
                if origin.adopted is not None:
                    await self._audit(connection, partition, origin.adopted)
                await self._note(connection, [(*partition, origin.marker, origin.before, origin.cause, None)])

    async def _audit(self, connection: PooledConnection, partition: Partition, adopted: Adopted) -> None:
        reason = f"moved with Kafka's own tools while the lane was away; metadata {adopted.metadata!r}"
        place = f"{partition[0]}/{partition[1]}"
        await connection.execute(QUERIES.audit_adopted, parse(partition[0])[1], place, reason, adopted.before, adopted.after)

    def _order(self, wanted: Wanted, partition: Partition) -> Order | None:
        return wanted.orders.get(partition[0])

    async def steer(self, consumer: Consumer) -> bool:
        """Takes orders up, pauses and resumes; False when nothing may be read now."""
        wanted, places = self._wanted(), self.places
        if self._unsaid:  # not before: the group must have settled
            unsaid, self._unsaid = self._unsaid, []
            await self._commit(consumer, unsaid)
        orders = {p: order for p in places if (order := self._order(wanted, p)) is not None}
        newer = {p: order for p, order in orders.items() if order.seq > places[p].taken and places[p].can_take(order)}
        if newer:
            await self._take(consumer, newer)
        assigned = set(consumer.assignment()) & places.keys()
        await self._pass_holes(consumer, [p for p in assigned if places[p].limit(self._order(wanted, p), p[1]) is not None])
        flowing = {p for p in assigned if places[p].flows(wanted, self._order(wanted, p))}
        consumer.pause(sorted(assigned - flowing - self._paused))
        consumer.resume(sorted(flowing & self._paused))
        self._paused = assigned - flowing
        await self._confirm(wanted)
        return bool(flowing) or not assigned

    async def _confirm(self, wanted: Wanted) -> None:
        """Whoever changed it waits for this."""
        state = (wanted.mode, wanted.held)
        if state != self._confirmed:
            await self._pool.execute(QUERIES.confirm, self._lane, {"mode": wanted.mode, "held": wanted.held})
            self._confirmed = state

    async def _take(self, consumer: Consumer, newer: dict[Partition, Order]) -> None:
        bounds, notes = await consumer.bounds(list(newer)), []
        for partition, order in newer.items():
            place = self.places[partition]
            before = place.marker
            seek = place.take(order, partition[1], bounds[partition])
            if seek is not None and partition in consumer.assignment():
                consumer.seek(partition, seek)
            if place.marker != before:
                notes.append((*partition, place.marker, before, "moved", UUID(order.run) if order.run else None))
        log.info("orders taken", action="orders_taken", lane=self._lane, topics=sorted({p[0] for p in newer}))
        if notes:
            await self._commit(consumer, [(topic, number) for topic, number, *_ in notes])
            async with self._pool.acquire() as connection:
                await self._note(connection, notes)
        await self._keep(list(newer))

    async def _pass_holes(self, consumer: Consumer, limited: Sequence[Partition]) -> None:
        """On a compacted log the last record before a limit may not exist any more (T36b)."""
        passed = {}
        for partition in limited:
            limit = self.places[partition].limit(self._order(self._wanted(), partition), partition[1])
            if limit is not None and await consumer.position(partition) >= limit:
                passed[partition] = limit
        if passed:
            await self.settled(consumer, passed)

    def at(self, partition: Partition) -> int | None:
        place = self.places.get(partition)
        return place.at if place is not None else None

    def cut(self, partition: Partition, records: Sequence[Record]) -> Cut:
        return cut(self.places[partition], self._order(self._wanted(), partition), records)

    async def settled(self, consumer: Consumer, offsets: dict[Partition, int]) -> None:
        """Commits to Kafka what the markers cover, then mirrors: the mirror may be behind as well, never ahead."""
        wanted, moved = self._wanted(), []
        for partition, after in offsets.items():
            place = self.places[partition]
            before = place.marker
            seek = place.settle(self._order(wanted, partition), partition[1], after)
            if seek is not None and partition in consumer.assignment():
                consumer.seek(partition, seek)
            if place.marker != before:
                moved.append(partition)
        try:
            await self._commit(consumer, moved)
        except NotOwner as error:  # what was sent is sent again by the new owner: lower or equal versions change nothing
            log.warning("marker not moved", action="marker_not_owned", lane=self._lane, error=str(error))
            return
        await self._keep(list(offsets))
        await self._note_course(moved)

    async def _commit(self, consumer: Consumer, partitions: Sequence[Partition]) -> None:
        """Kafka's tools commit without our metadata: so their moves are known from ours (faults.md 1)."""
        if partitions:
            epoch = max(self._epochs.get(partition, 0) for partition in partitions)
            await consumer.commit({p: self.places[p].marker for p in partitions}, orjson.dumps({"epoch": epoch}).decode())

    async def _keep(self, partitions: Sequence[Partition]) -> None:
        rows = []
        for partition in partitions:
            place = self.places[partition]
            row = (place.marker, place.position, place.until, place.taken, place.done, place.parking)
            rows.append((*partition, self._epochs[partition], *row))
        await self._pool.execute(QUERIES.keep, self._lane, *_columns(rows))

    async def _note_course(self, moved: Sequence[Partition]) -> None:
        now = time.monotonic()
        due = [partition for partition in moved if now - self._noted.get(partition, -NOTE_S) >= NOTE_S]
        if due:
            self._noted |= dict.fromkeys(due, now)
            async with self._pool.acquire() as connection:
                await self._note(connection, [(*p, self.places[p].marker, None, "course", None) for p in due])

    async def _note(self, connection: PooledConnection, notes: Sequence[tuple[object, ...]]) -> None:
        await connection.execute(QUERIES.note, self._lane, *_columns(notes))


def _columns(rows: Iterable[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
