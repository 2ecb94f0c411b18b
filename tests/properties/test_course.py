"""The course of a lane under any sequence of orders, cancellations, crashes, lost acknowledgements and moves by others (design.md 6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from services.kernel.course import LIVE, Order, Place, Wanted, cut
from services.kernel.origin import origin_of

RUN = "11111111-1111-4111-8111-111111111111"


@dataclass(frozen=True)
class Fake:
    """A record: key, offset, and whether the run made it."""

    offset: int
    key: bytes
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int = 0
    topic: str = "t"
    value: bytes | None = b"{}"
    timestamp: int = 0


@dataclass
class Lane:
    """One partition as marks.py drives it; `kept` is what PostgreSQL has, beside the offset that Kafka has."""

    log: list[Fake] = field(default_factory=list)
    place: Place = field(default_factory=lambda: Place(0))
    kept: Place = field(default_factory=lambda: Place(0))
    wanted: Wanted = LIVE
    order: Order | None = None
    handed: list[int] = field(default_factory=list)  # offsets, in order
    whole: set[int] = field(default_factory=set)  # handed on, or passed as a whole

    def append(self, keys: Iterable[int]) -> None:
        self.log += [Fake(len(self.log) + n, b"%d" % key) for n, key in enumerate(keys)]

    def step(self, size: int, crash: bool) -> None:
        """One turn of the pump; a crash comes after the effect and before anything is remembered."""
        place, order = self.place, self.order
        if order is not None and order.seq > place.taken and place.can_take(order):
            place.take(order, 0, (0, len(self.log)))
            self.kept = replace(place)
        if not place.flows(self.wanted, order):
            return
        records = self.log[place.at : place.at + size]
        if not records:
            return
        part = cut(place, order, records)
        self.handed += [record.offset for record in part.records]
        if len(part.records) == part.after - records[0].offset:
            self.whole |= {record.offset for record in part.records}
        if crash:
            self.place = replace(self.kept)
            return
        place.settle(order, 0, part.after)
        self.kept = replace(place)

    def unread(self) -> set[int]:
        """What is before the marker and was never handed on with all that it was fetched with."""
        return set(range(self.place.marker)) - self.whole

    def ahead(self) -> set[int]:
        """What the lane is still to read off the marker."""
        return set(range(self.place.position, self.place.until or 0)) if self.place.position is not None else set()

    def reset(self, offset: int) -> None:
        """The lane stops, its marker is moved with Kafka's own tools, and it starts again."""
        kept = self.kept
        row = {"next_offset": kept.marker, "position": kept.position, "until": kept.until, "parking": kept.parking}
        row |= {"taken_seq": kept.taken, "done_seq": kept.done}
        committed = (offset, "" if offset != kept.marker else '{"epoch":1}')
        self.place = origin_of(("t", 0), committed, (0, len(self.log)), row).place(row)
        self.kept = replace(self.place)

    def drain(self) -> None:
        for _ in range(10 * len(self.log) + 50):
            self.step(7, False)


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.lists(st.integers(0, 4), min_size=1, max_size=6)),
        st.tuples(st.just("step"), st.tuples(st.integers(1, 5), st.booleans())),
        st.tuples(st.just("rewind"), st.integers(0, 60)),
        st.tuples(st.just("last transfer"), st.none()),
        st.tuples(st.just("keys"), st.tuples(st.integers(0, 60), st.integers(0, 4))),
        st.tuples(st.just("cancel"), st.none()),
        st.tuples(st.just("mode"), st.sampled_from(["live", "on-demand"])),
        st.tuples(st.just("hold"), st.booleans()),
        st.tuples(st.just("move"), st.integers(0, 60)),
        st.tuples(st.just("reset"), st.integers(0, 60)),
    ),
    max_size=60,
)


def play(lane: Lane, operations: list[tuple[str, object]]) -> None:
    for seq, (what, about) in enumerate(operations, 1):
        end = len(lane.log)
        match what, about:
            case "append", list(keys):
                lane.append(keys)
            case "step", (int(size), bool(crash)):
                before = lane.place.marker
                lane.step(size, crash)
                moved = lane.order is not None and lane.order.markers
                assert crash or moved or lane.place.marker >= before, "a marker never goes back by itself"
            case "rewind", int(begin):
                lane.order = Order(seq, RUN, bounds={0: end}, seeks={0: min(begin, end)})
            case "last transfer", None:
                lane.order = Order(seq, RUN, bounds={0: end})
            case "keys", (int(begin), int(key)):
                lane.order = Order(seq, RUN, bounds={0: end}, seeks={0: min(begin, end)}, keys=frozenset({b"%d" % key}))
            case "move", int(offset):
                lane.order = Order(seq, RUN, markers={0: min(offset, end)})
            case "reset", int(offset):
                lane.reset(min(offset, end))
            case "cancel", None:
                lane.order = None
            case "mode", ("live" | "on-demand") as mode:
                lane.wanted = replace(lane.wanted, mode=mode)
            case "hold", bool(held):
                lane.wanted = replace(lane.wanted, held=held)
        assert lane.unread() <= lane.ahead(), "a marker covers only what was handed on as a whole, or is being read behind it"


@settings(max_examples=400)
@given(OPERATIONS)
def test_a_marker_never_lies_and_everything_is_handed_on(operations: list[tuple[str, object]]) -> None:
    lane = Lane()
    play(lane, operations)
    lane.wanted, lane.order = LIVE, None
    lane.drain()
    assert lane.place.marker == len(lane.log)
    assert set(range(len(lane.log))) <= lane.whole


@settings(max_examples=400)
@given(OPERATIONS)
def test_the_last_record_handed_on_of_a_key_is_its_newest(operations: list[tuple[str, object]]) -> None:
    """Also after cancelled replays: the export log's last record of a key is its newest state (design.md 6, rewind)."""
    lane = Lane()
    play(lane, operations)
    lane.wanted, lane.order = LIVE, None
    lane.drain()
    newest = {record.key: record.offset for record in lane.log}
    last = {lane.log[offset].key: offset for offset in lane.handed}
    assert last == newest


@settings(max_examples=400)
@given(OPERATIONS)
def test_an_order_ends_whatever_came_before(operations: list[tuple[str, object]]) -> None:
    lane = Lane()
    play(lane, operations)
    end = len(lane.log)
    lane.wanted, lane.order = Wanted(mode="on-demand"), Order(1000, RUN, bounds={0: end})
    lane.drain()
    assert (lane.place.done, lane.place.marker, lane.place.position) == (1000, end, None)


@settings(max_examples=400)
@given(OPERATIONS)
def test_a_held_lane_hands_nothing_on(operations: list[tuple[str, object]]) -> None:
    lane = Lane()
    play(lane, operations)
    lane.wanted = replace(lane.wanted, held=True)
    before = len(lane.handed)
    lane.append([1, 2, 3])
    lane.drain()
    assert len(lane.handed) == before
