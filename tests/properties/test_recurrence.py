"""Whatever the schedule, zone and moment: its moments rise, lie in the window, and do not depend on where one begins to look."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from services.control.schedules.recurrence import DAY, Recurrence, Window, next_opening, upcoming

# changes of the clock at 2:00, at midnight, by half an hour, of a whole day, none
ZONES = st.sampled_from(["Europe/Warsaw", "Africa/Cairo", "Australia/Lord_Howe", "Pacific/Apia", "America/Santiago", "UTC"])
TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
WINDOWS = st.builds(Window, TIMES, TIMES).filter(lambda window: window.opens != window.closes)
NEAR_A_CHANGE = [
    datetime(2026, 3, 28, 18, tzinfo=UTC), datetime(2026, 10, 24, 18, tzinfo=UTC), datetime(2026, 4, 23, 12, tzinfo=UTC),
    datetime(2026, 10, 29, 12, tzinfo=UTC), datetime(2026, 4, 4, 6, tzinfo=UTC), datetime(2026, 9, 5, 20, tzinfo=UTC),
    datetime(2011, 12, 29, 20, tzinfo=UTC),
]  # fmt: skip
MOMENTS = st.builds(lambda start, minutes: start + timedelta(minutes=minutes), st.sampled_from(NEAR_A_CHANGE), st.integers(0, DAY))
MINUTE = st.one_of(st.just("*"), st.integers(1, 30).map(lambda n: f"*/{n}"), st.integers(0, 59).map(str), st.just("0,15,45"))
HOUR = st.one_of(st.just("*"), st.integers(0, 23).map(str), st.just("0-3"), st.just("*/2"), st.just("1,2,3"))
CRONS = st.builds(lambda minute, hour, weekday: f"{minute} {hour} * * {weekday}", MINUTE, HOUR, st.sampled_from(["*", "1-5", "0,6"]))
INTERVALS = st.one_of(st.integers(1, DAY), st.integers(1, 7).map(lambda days: days * DAY))


@st.composite
def recurrences(draw: st.DrawFn) -> Recurrence:
    window = draw(st.none() | WINDOWS)
    if draw(st.booleans()):
        return Recurrence(draw(ZONES), cron=draw(CRONS), window=window)
    return Recurrence(draw(ZONES), every_min=draw(INTERVALS), window=window)


@given(recurrences(), MOMENTS)
def test_moments_rise_strictly_inside_the_window(recurrence: Recurrence, after: datetime) -> None:
    zone, last = ZoneInfo(recurrence.time_zone), after
    found = list(islice(upcoming(recurrence, after), 60))
    assert found or recurrence.cron  # an interval has no end; an expression may be excluded by the window
    for moment in found:
        assert moment.utcoffset() == timedelta(0)
        assert moment > last
        assert recurrence.window is None or recurrence.window.holds(moment.astimezone(zone).time())
        last = moment


@given(recurrences(), MOMENTS, st.integers(0, 59), st.timedeltas(timedelta(0), timedelta(hours=3)))
def test_moments_are_the_same_wherever_one_begins_to_look(recurrence: Recurrence, after: datetime, steps: int, later: timedelta) -> None:
    found = list(islice(upcoming(recurrence, after), 60))
    assume(len(found) == 60)
    later_on = min(found[steps] + later, found[-1])
    rest = [moment for moment in found if moment > later_on]
    assert list(islice(upcoming(recurrence, later_on), len(rest))) == rest


@given(ZONES, st.none() | WINDOWS, st.integers(1, 30), MOMENTS)
def test_expression_of_minutes_is_due_at_just_those_minutes(name: str, window: Window | None, step: int, after: datetime) -> None:
    """Against every minute of a day and a half, looked at one by one."""
    zone = ZoneInfo(name)
    minutes = [after + timedelta(minutes=n) for n in range(1, DAY * 3 // 2)]
    walls = [(moment, moment.astimezone(zone).time()) for moment in minutes]
    expected = [moment for moment, wall in walls if wall.minute % step == 0 and (window is None or window.holds(wall))]
    cron = Recurrence(name, cron=f"*/{step} * * * *", window=window)
    assert list(islice(upcoming(cron, after), len(expected))) == expected


@given(ZONES, WINDOWS, MOMENTS)
def test_window_opens_at_the_first_minute_that_it_holds(name: str, window: Window, at: datetime) -> None:
    zone = ZoneInfo(name)
    minutes = (at + timedelta(minutes=n) for n in range(4 * DAY))
    assert next_opening(window, zone, at) == next(moment for moment in minutes if window.holds(moment.astimezone(zone).time()))
