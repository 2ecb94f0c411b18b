"""Where a lane begins in partitions that it was just given: the committed offset, unless that was lost, moved by others, or is gone.

Called by marks.py; decides from Kafka's committed offsets and their mirror, and names what is unusual.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.kernel.course import Place
from services.kernel.kafka import Partition
from services.kernel.kafka_admin import group_offsets
from services.kernel.kafka_consumer import Consumer
from services.kernel.row_marks import Gap
from services.kernel.stretch import Stretch, left_out

Bounds = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Adopted:
    """A marker that Kafka's own tools have moved."""

    before: int
    after: int
    metadata: str


@dataclass(frozen=True, slots=True)
class Origin:
    """`cause`: why the marker is not simply where this lane left it."""

    marker: int
    stretch: Stretch | None = None
    cause: str = ""
    before: int | None = None
    gap: Gap | None = None
    adopted: Adopted | None = None

    def place(self, row: Any) -> Place:
        """An order that was at work when others moved the marker is taken up again: its stretch is not what it was."""
        taken, done = (row["taken_seq"], row["done_seq"]) if row is not None else (0, 0)
        place = Place(self.marker, taken=done if self.adopted is not None else taken, done=done)
        if self.stretch is not None:
            place.position, place.until, place.parking = self.stretch.begin, self.stretch.end, self.stretch.parking
        return place


async def where_to_begin(
    consumer: Consumer, bounds: Mapping[Partition, Bounds], mirror: Mapping[Partition, Any]
) -> dict[Partition, Origin]:
    """`mirror`: rows of `ceebus.lane_offset`. Kafka is asked for the metadata only where it says otherwise than the mirror."""
    committed = {partition: await consumer.committed(partition) for partition in bounds}
    differing = [p for p, offset in committed.items() if offset is not None and p in mirror and offset != mirror[p]["next_offset"]]
    said = await group_offsets(consumer.settings, consumer.group) if differing else {}
    return {p: origin_of(p, (committed[p], said.get(p, (0, ""))[1]), bounds[p], mirror.get(p)) for p in bounds}


def origin_of(partition: Partition, committed: tuple[int | None, str], log: Bounds, row: Any) -> Origin:
    """`committed`: Kafka's offset and its metadata; `row`: of the mirror, or None."""
    offset, metadata = committed
    known = None if row is None else int(row["next_offset"])
    if offset is None and known is None:
        return Origin(log[0])  # never transferred
    place = int(known if offset is None else offset)  # type: ignore[arg-type]
    if not log[0] <= place <= log[1]:
        return Origin(log[0], None, "gap", place, Gap(partition, place, log[0]))
    if offset is not None and known is not None and offset != known and "epoch" not in metadata:
        origin = Origin(offset, left_out(_left(row), known, offset), "adopted", known, adopted=Adopted(known, offset, metadata))
    else:
        origin = Origin(place, _left(row), "restored" if offset is None else "")
    return _within(origin, partition, log)


def _left(row: Any) -> Stretch | None:
    """An unfinished stretch goes on at its checkpoint, not at the marker (design.md 6)."""
    if row is None or row["position"] is None:
        return None
    return Stretch(row["position"], row["until"], row["parking"])


def _within(origin: Origin, partition: Partition, log: Bounds) -> Origin:
    """What a stretch had still to bring and the log no longer holds is a gap like any other."""
    stretch = origin.stretch
    if stretch is None:
        return origin
    begin, end = (min(max(offset, log[0]), log[1]) for offset in (stretch.begin, stretch.end))
    gap = Gap(partition, stretch.begin, log[0]) if stretch.begin < log[0] else None
    cause = origin.cause or ("gap" if gap is not None else "")
    return replace(origin, stretch=Stretch(begin, end, stretch.parking), gap=gap, cause=cause)
