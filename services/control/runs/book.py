"""A run and its kinds as the steps see them, and the rows they write. Used by manager, exports and imports; decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from schemas import topics
from services.control.runs.ask import SQL, Direction
from services.kernel.kafka import Partition
from services.kernel.postgres import Pool, PooledConnection, Row

Offsets = dict[int, int]  # by partition number of one topic
STEER, RUN = "ceebus_steer", "ceebus_run"


@dataclass(frozen=True, slots=True)
class Run:
    """A run at work. `mode`, `held` are those of its channel's direction now."""

    id: UUID
    channel: str
    direction: Direction
    since: str
    since_ms: int | None
    since_places: Mapping[str, Mapping[str, int]]
    keys: Sequence[str] | None
    force: bool
    is_live: bool
    held: bool

    @property
    def lane(self) -> str:
        return f"{self.direction}.{self.channel}"

    def topic(self, kind: str) -> str:
        """What its lane reads."""
        return topics.cee(self.channel, kind) if self.direction == "export" else topics.mobile(self.channel, kind)


@dataclass(slots=True)
class KindOf:
    """One kind of a run. `deliver`: end offsets by topic and partition."""

    kind: str
    phase: str
    bounds: Offsets
    deliver: dict[Partition, int]
    seq: int | None
    before: Offsets


def run_of(row: Row, steered: Row | None) -> Run:
    return Run(
        id=row["id"],
        channel=row["channel"],
        direction=row["direction"],
        since=row["since"],
        since_ms=int(row["since_at"].timestamp() * 1000) if row["since_at"] else None,
        since_places=row["since_places"] or {},
        keys=row["keys"],
        force=row["force"],
        is_live=steered is None or steered["mode"] == "live",
        held=steered is not None and steered["held"],
    )


def kind_of(row: Row) -> KindOf:
    deliver = {(topic, int(number)): at for topic, places in (row["deliver"] or {}).items() for number, at in places.items()}
    return KindOf(row["kind"], row["phase"], numbered(row["bounds"]), deliver, row["seq"], numbered(row["marker_before"]))


def numbered(places: Mapping[str, int] | None) -> Offsets:
    """JSON has no numbers for names."""
    return {int(number): offset for number, offset in (places or {}).items()}


def named(places: Mapping[int, int]) -> dict[str, int]:
    return {str(number): offset for number, offset in places.items()}


@dataclass(frozen=True, slots=True)
class Standing:
    """A lane in one topic: its markers, and which of its partitions are done with an order."""

    markers: Offsets
    done: Mapping[int, int]
    away: frozenset[int]  # partitions that are read off the marker now

    def has_done(self, seq: int, numbers: Sequence[int]) -> bool:
        return all(self.done.get(number, 0) >= seq for number in numbers)

    def covers(self, bounds: Offsets) -> bool:
        """The markers are at or behind the bounds; a partition without records needs nobody to read it."""
        return all(self.markers.get(number, 0) >= offset for number, offset in bounds.items()) and not self.away


class Book:
    """The rows of one run."""

    def __init__(self, pool: Pool, run: Run) -> None:
        self.pool, self.run = pool, run

    async def standing(self, kind: str) -> Standing:
        rows = await self.pool.fetch(SQL.places, self.run.lane, self.run.topic(kind))
        markers = {row["topic_partition"]: row["next_offset"] for row in rows}
        done = {row["topic_partition"]: row["done_seq"] for row in rows}
        return Standing(markers, done, frozenset(row["topic_partition"] for row in rows if row["position"] is not None))

    async def begin(self, kind: str, phase: str, standing: Standing, bounds: Offsets, beside: PooledConnection | None = None) -> None:
        """`beside`: in the transaction of this connection."""
        await (beside or self.pool).execute(SQL.begin_kind, self.run.id, kind, phase, named(standing.markers), named(bounds))

    async def read(self, kind: str, bounds: Offsets, standing: Standing, order: Mapping[str, Any] | None) -> int | None:
        """The lane gets an order, or needs none; both are written together. Returns the order's number."""
        selected = sum(max(0, offset - standing.markers.get(number, 0)) for number, offset in bounds.items())
        async with self.pool.acquire() as connection, connection.transaction():
            seq = None
            if order is not None:
                about = (named(bounds), named(order.get("seeks", {})), order.get("own", False), order.get("keys"))
                seq = await connection.fetchval(SQL.order, self.run.lane, self.run.topic(kind), self.run.id, self.run.force, *about)
                selected = sum(max(0, bounds[n] - at) for n, at in order["seeks"].items()) if "seeks" in order else selected
                await connection.execute("select pg_notify($1, '')", STEER)
            await connection.execute(SQL.read_kind, self.run.id, kind, named(bounds), seq, selected)
        return seq

    async def deliver(self, kind: str, ends: Mapping[Partition, int]) -> None:
        places: dict[str, dict[str, int]] = {}
        for (topic, number), offset in ends.items():
            places.setdefault(topic, {})[str(number)] = offset
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(SQL.drop_orders, self.run.id, self.run.topic(kind))
            await connection.execute("select pg_notify($1, '')", STEER)
            await connection.execute(SQL.deliver_kind, self.run.id, kind, places)

    async def finish(self, of: KindOf) -> None:
        """The marker's move is kept with the run's name."""
        after = (await self.standing(of.kind)).markers
        moved = [(n, of.before.get(n, 0), at) for n, at in sorted(after.items()) if at != of.before.get(n, 0)]
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(SQL.finish_kind, self.run.id, of.kind, named(after))
            if moved:
                columns = [list(column) for column in zip(*moved, strict=True)]
                await connection.execute(SQL.note_markers, self.run.lane, self.run.topic(of.kind), *columns, self.run.id)

    async def still_wanted(self, kind: str) -> bool:
        return bool(await self.pool.fetchval(SQL.still_wanted, self.run.id, kind))
