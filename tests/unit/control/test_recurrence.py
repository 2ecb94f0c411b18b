"""When a schedule is due, above all where Warsaw's clock changes: 2026-03-29 leaves 2:00-3:00 out, 2026-10-25 has it twice."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from services.control.schedules.recurrence import DAY, Recurrence, RecurrenceInvalid, Window, check, next_opening, upcoming

WARSAW = ZoneInfo("Europe/Warsaw")
NIGHT = Window(time(22), time(5))


def at(text: str) -> datetime:
    """`2026-03-29 01:30` by Warsaw's clock; `b` behind it: the second half of a repeated hour."""
    return datetime.fromisoformat(text.rstrip("b")).replace(tzinfo=WARSAW, fold=int(text.endswith("b")))


def due(after: str, count: int, window: Window | None = None, *, cron: str | None = None, every: int | None = None) -> list[str]:
    """The next moments by Warsaw's clock."""
    found = islice(upcoming(Recurrence("Europe/Warsaw", cron=cron, every_min=every, window=window), at(after)), count)
    return [f"{wall:%m-%d %H:%M}{'b' if wall.fold else ''}" for wall in (moment.astimezone(WARSAW) for moment in found)]


def test_time_of_day_stays_when_the_clock_changes() -> None:
    assert due("2026-03-28 12:00", 2, cron="0 22 * * *") == ["03-28 22:00", "03-29 22:00"]
    assert due("2026-10-24 12:00", 2, cron="0 22 * * *") == ["10-24 22:00", "10-25 22:00"]


def test_time_of_day_that_is_left_out_is_due_when_the_clock_goes_on() -> None:
    assert due("2026-03-28 12:00", 2, cron="30 2 * * *") == ["03-29 03:00", "03-30 02:30"]
    assert due("2026-03-29 03:00", 1, cron="30 2 * * *") == ["03-30 02:30"]


def test_two_times_that_fall_together_in_the_gap_are_due_once() -> None:
    assert due("2026-03-28 12:00", 3, cron="0 2,3 * * *") == ["03-29 03:00", "03-30 02:00", "03-30 03:00"]


def test_time_of_day_that_comes_twice_is_due_at_the_first() -> None:
    assert due("2026-10-24 12:00", 2, cron="30 2 * * *") == ["10-25 02:30", "10-26 02:30"]
    assert due("2026-10-25 02:10b", 1, cron="30 2 * * *") == ["10-26 02:30"]


def test_interval_goes_on_through_the_repeated_hour() -> None:
    hours = ["10-25 02:00", "10-25 02:30", "10-25 02:00b", "10-25 02:30b", "10-25 03:00"]
    assert due("2026-10-25 01:30", 5, cron="*/30 * * * *") == hours
    assert due("2026-10-25 01:30", 5, every=30) == hours


def test_interval_leaps_over_the_gap() -> None:
    assert due("2026-03-29 01:00", 3, cron="*/30 * * * *") == ["03-29 01:30", "03-29 03:00", "03-29 03:30"]
    assert due("2026-03-29 01:00", 3, every=30) == ["03-29 01:30", "03-29 03:00", "03-29 03:30"]


def test_window_over_midnight_holds_from_its_opening_to_before_its_end() -> None:
    assert due("2026-06-01 04:00", 3, NIGHT, cron="0 * * * *") == ["06-01 22:00", "06-01 23:00", "06-02 00:00"]
    assert due("2026-06-01 22:00", 9, NIGHT, cron="0 * * * *")[4:8] == ["06-02 03:00", "06-02 04:00", "06-02 22:00", "06-02 23:00"]


def test_interval_begins_anew_at_each_opening() -> None:
    assert due("2026-06-01 12:00", 4, Window(time(22, 15), time(1)), every=90) == [
        "06-01 22:15", "06-01 23:45", "06-02 22:15", "06-02 23:45",
    ]  # fmt: skip


def test_interval_without_a_window_begins_at_midnight() -> None:
    assert due("2026-06-01 23:30", 3, every=50) == ["06-02 00:00", "06-02 00:50", "06-02 01:40"]


@pytest.mark.parametrize("minutes", [DAY, 7 * DAY])
def test_whole_days_are_counted_by_the_calendar(minutes: int) -> None:
    """A week from a Monday, over the change of the clock."""
    days = minutes // DAY
    assert due("2026-03-23 12:00", 2, NIGHT, every=minutes) == (
        ["03-23 22:00", "03-24 22:00"] if days == 1 else ["03-23 22:00", "03-30 22:00"]
    )
    assert due("2026-03-28 23:00", 2, every=DAY) == ["03-29 00:00", "03-30 00:00"]


def test_night_is_an_hour_shorter_or_longer_when_the_clock_changes() -> None:
    window = Window(time(1), time(4))
    assert due("2026-03-29 00:30", 3, window, every=60) == ["03-29 01:00", "03-29 03:00", "03-30 01:00"]
    assert due("2026-10-25 00:30", 5, window, every=60) == ["10-25 01:00", "10-25 02:00", "10-25 02:00b", "10-25 03:00", "10-26 01:00"]


def test_window_that_the_gap_swallows_has_no_run_that_day() -> None:
    window = Window(time(2), time(3))
    for found in (due("2026-03-28 12:00", 1, window, every=20), due("2026-03-28 12:00", 1, window, cron="*/20 * * * *")):
        assert found == ["03-30 02:00"]
    assert due("2026-03-28 12:00", 1, window, cron="30 2 * * *") == ["03-30 02:30"]
    assert next_opening(window, WARSAW, at("2026-03-28 12:00")) == at("2026-03-30 02:00")


def test_window_is_by_the_wall_in_both_halves_of_a_repeated_hour() -> None:
    assert due("2026-10-25 02:20", 4, Window(time(2, 30), time(5)), cron="*/15 * * * *") == [
        "10-25 02:30", "10-25 02:45", "10-25 02:30b", "10-25 02:45b",
    ]  # fmt: skip
    assert due("2026-10-25 02:10", 3, Window(time(22), time(2, 30)), cron="*/15 * * * *") == ["10-25 02:15", "10-25 02:00b", "10-25 02:15b"]


def test_open_window_begins_now_and_a_closed_one_at_its_opening() -> None:
    assert next_opening(NIGHT, WARSAW, at("2026-06-01 23:17")) == at("2026-06-01 23:17")
    assert next_opening(NIGHT, WARSAW, at("2026-06-01 05:00")) == at("2026-06-01 22:00")


def test_one_moment_is_due_once() -> None:
    once = Recurrence("Europe/Warsaw", once_at=at("2026-06-01 23:00"))
    assert list(upcoming(once, at("2026-06-01 22:59"))) == [at("2026-06-01 23:00")]
    assert list(upcoming(once, at("2026-06-01 23:00"))) == []


def test_leap_day_is_found_years_ahead() -> None:
    [found] = islice(upcoming(Recurrence("Europe/Warsaw", cron="0 3 29 2 *", window=NIGHT), datetime(2028, 3, 1, tzinfo=UTC)), 1)
    assert found.astimezone(WARSAW) == datetime(2032, 2, 29, 3, tzinfo=WARSAW)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"cron": "0 12 * * *", "window": NIGHT}, "never due"),
        ({"cron": "* 5-21 * * *", "window": NIGHT}, "never due"),
        ({"cron": "0 0 30 2 *"}, "no cron expression"),
        ({"cron": "0 0 * * * *"}, "five fields"),
        ({"cron": "61 * * * *"}, "Bad minute"),
        ({"cron": "0 0 * * MON#2/2"}, "no cron expression"),
        ({"cron": ""}, "five fields"),
        ({"every_min": DAY + 1}, "whole days"),
        ({"every_min": 60, "window": Window(time(5), time(5))}, "closes when it opens"),
        ({"every_min": 60, "cron": "0 1 * * *"}, "exactly one"),
        ({}, "exactly one"),
        ({"once_at": datetime(2026, 1, 1, tzinfo=UTC)}, "never due"),
        ({"once_at": datetime(2027, 1, 1, tzinfo=UTC), "window": NIGHT}, "no window"),
    ],
)
def test_what_can_never_be_due_is_refused(fields: dict[str, object], said: str) -> None:
    with pytest.raises(RecurrenceInvalid, match=said):
        check(Recurrence("Europe/Warsaw", **fields), datetime(2026, 6, 1, tzinfo=UTC))  # type: ignore[arg-type]


def test_window_of_minutes_is_reached_day_after_day() -> None:
    window = Window(time(3), time(3, 5))
    found = list(islice(upcoming(Recurrence("UTC", cron="* * * * *", window=window), datetime(2026, 6, 1, tzinfo=UTC)), 500))
    assert found[-1] - found[0] == timedelta(days=99, minutes=4)
