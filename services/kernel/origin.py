"""Where a lane begins in partitions that it was just given: the committed offset, unless that was lost, moved by others, or is gone.

Called by marks.py; decides from Kafka's committed offsets and their mirror, and names what is unusual.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.kernel.kafka import Consumer, Partition
from services.kernel.kafka_admin import group_offsets
from services.kernel.row_marks import Gap

Bounds = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Adopted:
    """A marker that Kafka's own tools have moved."""

    before: int
    after: int
    metadata: str


@dataclass(frozen=True, slots=True)
class Origin:
    """`cause`: why the marker is not simply where this lane left it; a stretch off the marker goes on at `position`."""

    marker: int
    cause: str = ""
    before: int | None = None
    gap: Gap | None = None
    adopted: Adopted | None = None
    position: int | None = None
    until: int | None = None
    parking: bool = False


async def where_to_begin(
    consumer: Consumer, bounds: Mapping[Partition, Bounds], mirror: Mapping[Partition, Any]
) -> dict[Partition, Origin]:
    """`mirror`: rows of `ceebus.lane_offset`. Kafka is asked for the metadata only where it says otherwise than the mirror."""
    committed = {partition: await consumer.committed(partition) for partition in bounds}
    differing = [p for p, offset in committed.items() if offset is not None and p in mirror and offset != mirror[p]["next_offset"]]
    said = await group_offsets(consumer.settings, consumer.group) if differing else {}
    return {p: _origin(p, (committed[p], said.get(p, (0, ""))[1]), bounds[p], mirror.get(p)) for p in bounds}


def _origin(partition: Partition, committed: tuple[int | None, str], log: Bounds, row: Any) -> Origin:
    offset, metadata = committed
    known = None if row is None else int(row["next_offset"])
    if offset is None and known is None:
        return Origin(log[0])  # never transferred
    place = int(known if offset is None else offset)  # type: ignore[arg-type]
    if not log[0] <= place <= log[1]:
        return Origin(log[0], "gap", place, Gap(partition, place, log[0]))
    if offset is None:
        return Origin(place, "restored", **_stretch(row, log))
    if known is not None and offset != known and "epoch" not in metadata:
        return _adopted(Adopted(known, offset, metadata), log)
    return Origin(place, **_stretch(row, log))


def _adopted(move: Adopted, log: Bounds) -> Origin:
    """What a forward move left out becomes due instead of being lost: it is read, and parked."""
    if move.after <= move.before:
        return Origin(move.after, "adopted", move.before, adopted=move)
    begin = max(move.before, log[0])
    return Origin(move.after, "adopted", move.before, None, move, position=begin, until=move.after, parking=True)


def _stretch(row: Any, log: Bounds) -> dict[str, Any]:
    """An unfinished stretch goes on at its checkpoint, not at the marker (design.md 6)."""
    if row is None or row["position"] is None:
        return {}
    return {"position": min(max(row["position"], log[0]), log[1]), "until": min(row["until"], log[1]), "parking": row["parking"]}
