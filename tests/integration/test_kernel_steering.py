"""A lane that is steered, against a real broker: hold, on demand up to a bound, rewinding, chosen records, markers moved by others."""

from __future__ import annotations

import asyncio

from services.kernel.course import LIVE, Wanted
from services.kernel.kafka import Partition, Record
from services.kernel.kafka_consumer import Consumer
from services.kernel.settings import Settings
from tests.integration.resetting import reset
from tests.integration.steered_bed import RUN, steered
from tests.stack import eventually


async def test_a_held_lane_delivers_nothing_and_keeps_its_partitions(settings: Settings, channel: str) -> None:
    async with steered(settings, channel) as made, made.running() as lane:
        await made.send("A")
        await eventually(lambda: made.keys() == "A", within=30)
        made.wanted = Wanted(held=True)
        await eventually(lambda: (channel, lane.consumer.assignment())[1] and lane.marks._paused, within=10)  # type: ignore[attr-defined]
        await made.send("B", "C")
        fetched_at = lane.fetched_at
        await eventually(lambda: lane.fetched_at > fetched_at + 0.5)  # it went on polling (T25)
        assert made.keys() == "A"
        assert len(lane.consumer.assignment()) == 1
        made.wanted = LIVE
        await eventually(lambda: made.keys() == "A B C", within=10)


async def test_on_demand_a_lane_reads_up_to_the_bound_and_not_further(settings: Settings, channel: str) -> None:
    async with steered(settings, channel) as made:
        made.wanted = Wanted(mode="on-demand")
        await made.send(*"ABCDE")
        async with made.running() as lane:
            made.order(1, bounds={0: 3})
            lane.wake.set()
            await eventually(lambda: made.done(1), within=30)
            assert made.seen == [(key, RUN, False) for key in "ABC"]
            assert await made.marker() == 3
            made.order(2, bounds={0: 5})
            await eventually(lambda: made.done(2), within=10)
        assert made.keys() == "A B C D E"


async def test_an_order_that_comes_while_its_records_are_in_hand_loses_none(settings: Settings, channel: str) -> None:
    """They were taken for a hole of the log, because the consumer stood behind them: the marker passed what nobody had handled."""
    async with steered(settings, channel) as made:
        await made.send("A")

        class Interrupted(Consumer):
            async def fetch_until(self, wake: asyncio.Event, max_records: int, timeout_ms: int) -> dict[Partition, list[Record]]:
                fetched = await super().fetch_until(wake, max_records, timeout_ms)
                if fetched and made.seen and not made.wanted.orders:
                    made.order(1, bounds={0: 4})
                    wake.set()
                return fetched

        async with made.running(Interrupted):
            await eventually(lambda: made.keys() == "A", within=30)
            await made.send(*"BCD")
            await eventually(lambda: made.done(1), within=10)
        assert made.seen[1:] == [(key, RUN, False) for key in "BCD"]
        assert await made.marker() == 4


async def test_a_rewound_lane_hands_on_again_and_its_marker_stays(settings: Settings, channel: str) -> None:
    async with steered(settings, channel) as made, made.running():
        await made.send(*"ABCDE")
        await eventually(lambda: made.keys() == "A B C D E", within=30)
        made.order(1, bounds={0: 5}, seeks={0: 2})
        await eventually(lambda: made.done(1), within=10)
        assert made.seen[5:] == [(key, RUN, False) for key in "CDE"]
        await made.send("F")
        await eventually(lambda: made.seen[8:] == [("F", None, False)], within=10)
        assert await eventually(lambda: made.marker(), within=10) == 6


async def test_a_stretch_goes_on_at_its_checkpoint_after_a_stop(settings: Settings, channel: str) -> None:
    async with steered(settings, channel) as made:
        await made.send(*"ABCDE")
        async with made.running():
            await eventually(lambda: made.keys() == "A B C D E", within=30)
        sql = "update ceebus.lane_offset set position = 3, until = 5, taken_seq = 7, done_seq = 0 where lane = $1"
        await made.database.execute(sql, f"export.{channel}")
        made.order(7, bounds={0: 5}, seeks={0: 1})
        async with made.running():
            await eventually(lambda: made.done(7), within=30)
        assert made.keys() == "A B C D E D E"
        assert await made.marker() == 5


async def test_chosen_records_pass_a_lane_on_demand_and_pass_again_in_order(settings: Settings, channel: str) -> None:
    async with steered(settings, channel) as made:
        made.wanted = Wanted(mode="on-demand")
        await made.send("A", "B")
        await made.send("K", run=RUN)
        await made.send("C")
        async with made.running():
            made.order(1, bounds={0: 4}, seeks={0: 2}, own=True)
            await eventually(lambda: made.done(1), within=30)
            assert made.keys() == "K"
            assert await made.marker() == 0
            made.order(2, bounds={0: 4})
            await eventually(lambda: made.done(2), within=10)
        assert made.keys() == "K A B K C"


async def test_a_marker_moved_by_an_operator_is_where_the_lane_goes_on(settings: Settings, channel: str) -> None:
    async with steered(settings, channel) as made, made.running():
        await made.send(*"ABC")
        await eventually(lambda: made.keys() == "A B C", within=30)
        made.order(1, markers={0: 1})
        await eventually(lambda: made.keys() == "A B C B C", within=10)
        causes = await made.database.fetch(
            "select cause, next_offset, before_offset from ceebus.marker_history where lane = $1", f"export.{channel}"
        )
        assert ("moved", 1, 3) in [tuple(row) for row in causes]


async def test_a_reset_with_kafkas_own_tools_is_adopted_and_what_it_left_out_is_parked(settings: Settings, channel: str) -> None:
    async with steered(settings, channel) as made:
        await made.send("A")
        async with made.running():
            await eventually(lambda: made.keys() == "A", within=30)
        await made.send(*"BCD")
        await reset(settings, channel, made.topic, 3)
        async with made.running():
            await eventually(lambda: len(made.seen) == 4, within=30)
        assert made.seen[1:] == [("B", None, True), ("C", None, True), ("D", None, False)]
        assert [parked for _, _, parked in made.seen] == [False, True, True, False]
        assert await made.marker() == 4
        row = await made.database.fetchrow("select action, before, after from ceebus.audit where channel = $1", channel)
        assert row is not None
        assert tuple(row) == ("marker.adopted", 1, 3)


async def test_a_second_reset_leaves_nothing_of_the_first_out(settings: Settings, channel: str) -> None:
    async with steered(settings, channel) as made:
        await made.send("A")
        async with made.running():
            await eventually(lambda: made.keys() == "A", within=30)
        await made.send(*"BCD")
        await reset(settings, channel, made.topic, 3)
        made.wanted = Wanted(held=True)  # nothing is read of what the move left out
        async with made.running():
            await eventually(made.is_away, within=30)
        await made.send("E")
        await reset(settings, channel, made.topic, 4)
        made.wanted = LIVE
        async with made.running():
            await eventually(lambda: made.keys() == "A B C D E", within=30)
        assert [parked for _, _, parked in made.seen] == [False, True, True, True, False]


async def test_chosen_records_wait_for_what_a_reset_left_out(settings: Settings, channel: str) -> None:
    """The marker covers what is parked: the run would pass it over, and nobody would read it again."""
    async with steered(settings, channel) as made:
        await made.send("A")
        async with made.running():
            await eventually(lambda: made.keys() == "A", within=30)
        await made.send(*"BC")
        await made.send("K", run=RUN)
        await reset(settings, channel, made.topic, 3)
        made.order(1, "on-demand", bounds={0: 4}, seeks={0: 3}, own=True)  # it is there before the lane is
        async with made.running():
            await eventually(lambda: made.done(1), within=30)
        assert made.seen[1:] == [("B", None, True), ("C", None, True), ("K", RUN, False)]


async def test_what_a_marker_moved_forward_by_an_operator_leaves_out_is_parked(settings: Settings, channel: str) -> None:
    async with steered(settings, channel) as made:
        made.wanted = Wanted(mode="on-demand")
        await made.send(*"ABC")
        async with made.running():
            made.order(1, markers={0: 2})
            await eventually(lambda: made.done(1), within=30)
        assert made.seen == [("A", None, True), ("B", None, True)]
        assert await made.marker() == 2


async def test_a_lane_that_leaves_is_out_of_its_group_at_once(settings: Settings, channel: str) -> None:
    async with steered(settings, channel) as made:
        await made.send("A")
        async with made.running():
            await eventually(lambda: made.keys() == "A", within=30)
        await asyncio.wait_for(reset(settings, channel, made.topic, 0), 15)  # it would wait for a session of 30 s
        async with made.running():
            await eventually(lambda: made.keys() == "A A", within=30)
