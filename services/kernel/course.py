"""The course of a lane through one partition: its marker, stretches that it reads off the marker, and where an order ends.

Pure: marks.py asks it and does what it says. The marker ("last transfer") only ever covers a gapless stretch (design.md 6).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from schemas.envelope import header
from services.kernel.kafka import Record
from services.kernel.stretch import Stretch, left_out

Bounds = tuple[int, int]  # log start and end


@dataclass(frozen=True, slots=True)
class Order:
    """What a lane is to do with a topic, by partition number. `bounds`: as far as this; `seeks`: from there, off the marker;

    `markers`: the marker is put there. `own`: only records of the run; `keys`: only these.
    """

    seq: int
    run: str | None = None
    force: bool = False
    bounds: Mapping[int, int] = field(default_factory=dict)
    seeks: Mapping[int, int] = field(default_factory=dict)
    markers: Mapping[int, int] = field(default_factory=dict)
    own: bool = False
    keys: frozenset[bytes] | None = None

    @property
    def selects(self) -> bool:
        return self.own or self.keys is not None

    def wants(self, record: Record) -> bool:
        if self.keys is not None and record.key not in self.keys:
            return False
        return not self.own or header(record.headers, "ce_runid") == (self.run or "").encode()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an operator wants of a channel's direction, and the orders by topic."""

    mode: Literal["live", "scheduled", "on-demand"] = "live"
    queue: str = "default"
    weight: int = 1
    held: bool = False
    detached: bool = False
    orders: Mapping[str, Order] = field(default_factory=dict)


LIVE = Wanted()


@dataclass(slots=True)
class Place:
    """Where a lane stands in a partition. Off the marker it reads at `position`, until `until`; `taken`, `done`: numbers of orders."""

    marker: int
    position: int | None = None
    until: int | None = None
    taken: int = 0
    done: int = 0
    parking: bool = False

    @property
    def stretch(self) -> Stretch | None:
        return None if self.position is None else Stretch(self.position, self.until or 0, self.parking)

    @property
    def at(self) -> int:
        """The next offset to read."""
        return self.marker if self.position is None else self.position

    def is_at_work(self, order: Order | None) -> bool:
        return order is not None and self.taken == order.seq and self.done < order.seq

    def can_take(self, order: Order) -> bool:
        """An order that selects waits for a stretch to end: of what it passes over, that stretch is all that was left."""
        return not order.selects or self.position is None or self.position >= (self.until or 0)

    def take(self, order: Order, number: int, log: Bounds) -> int | None:
        """Takes an order up; returns where to go on reading, None: where it is."""
        self.taken = order.seq
        if number in order.markers:
            self._put(_inside(order.markers[number], log))
            self.done = order.seq
            return self.at
        begin = order.seeks.get(number)
        if begin is not None and (begin != self.marker or order.selects):
            self._leave(_inside(begin, log), order.bounds.get(number, self.marker))
        over = self.position is not None and self.position >= (self.until or 0)
        if over:
            self._return()
        self._finish(order, number, over)
        return self.position

    def _leave(self, begin: int, bound: int) -> None:
        """Off the marker. What is read again runs on to where the lane had been, and what an unfinished stretch of that kind has
        still to bring is not left out: a key's newest record must be the last one that is handed on."""
        ends = [bound]
        if self.position is not None and self.position < self.marker:
            begin = min(begin, self.position)
            ends.append(self.until or 0)
        if begin <= self.marker:
            ends.append(self.marker)
        self.position, self.until, self.parking = begin, max(ends), False

    def _put(self, marker: int) -> None:
        """The marker somewhere else: as if others had moved it."""
        stretch = left_out(self.stretch, self.marker, marker)
        self.marker = marker
        self.position, self.until, self.parking = (stretch.begin, stretch.end, stretch.parking) if stretch else (None, None, False)

    def _return(self) -> None:
        self.position, self.until, self.parking = None, None, False

    def limit(self, order: Order | None, number: int) -> int | None:
        """Nothing at or behind this offset is handed on for now; None: no limit."""
        if self.position is not None:
            return self.until
        if order is not None and self.is_at_work(order):
            bound = order.bounds.get(number, self.marker)
            return bound if bound > self.marker else None
        return None

    def flows(self, wanted: Wanted, order: Order | None) -> bool:
        """Whether the partition is to be read now."""
        if wanted.held:
            return False
        return self.position is not None or wanted.mode == "live" or self.is_at_work(order)

    def settle(self, order: Order | None, number: int, after: int) -> int | None:
        """Everything before `after` is durable; returns where to go on instead, None: right behind it."""
        working = order if order is not None and self.is_at_work(order) else None
        over, seek = False, None
        if self.position is None:
            self.marker = after
        else:
            begun, self.position = self.position, after
            if begun <= self.marker <= after and not (working is not None and working.selects):
                self.marker = after
            over = after >= (self.until or 0)
            if over:
                self._return()
                seek = self.marker if self.marker != after else None
        if working is not None:
            self._finish(working, number, over)
        return seek

    def _finish(self, order: Order, number: int, over: bool) -> None:
        """`over`: a stretch off the marker has just come to its end."""
        if self.position is None and ((over and number in order.seeks) or self.marker >= order.bounds.get(number, self.marker)):
            self.done = order.seq


@dataclass(frozen=True, slots=True)
class Cut:
    """What of a fetched stretch is handed on, and the offset behind all of it."""

    records: Sequence[Record]
    after: int
    run: str | None = None
    force: bool = False
    parking: bool = False


def cut(place: Place, order: Order | None, records: Sequence[Record]) -> Cut:
    """Consecutive records of one partition up to the limit; an order at work stamps them with its run."""
    number = records[0].partition
    limit, after = place.limit(order, number), records[-1].offset + 1
    if limit is not None and after > limit:
        records, after = [record for record in records if record.offset < limit], limit
    if order is None or not place.is_at_work(order):
        return Cut(records, after, parking=place.parking)
    if order.selects and place.position is not None:
        records = [record for record in records if order.wants(record)]
    return Cut(records, after, order.run, order.force)


def _inside(offset: int, log: Bounds) -> int:
    return min(max(offset, log[0]), log[1])
