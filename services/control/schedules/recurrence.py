"""When a schedule is due: cron expressions, every N minutes, once, each by the wall clock of a time zone and inside a window.

Called by the scheduler and by whoever shows the next runs. Pure: no clock, no database.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

DAY = 24 * 60
_MINUTE = timedelta(minutes=1)
_HORIZON = timedelta(days=5 * 366)  # what is not due in so long is never due: a cron expression that the window excludes
_MIDNIGHT = time()


class RecurrenceInvalid(ValueError):
    """This is never due, or is no such expression; the text says what to change."""


@dataclass(frozen=True, slots=True)
class Window:
    """From `opens` to before `closes`, by the wall clock; over midnight where `closes` is the earlier one."""

    opens: time
    closes: time

    def holds(self, wall: time) -> bool:
        """Whether the window is open when the clock on the wall shows this."""
        if self.opens < self.closes:
            return self.opens <= wall < self.closes
        return wall >= self.opens or wall < self.closes


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Exactly one of `cron` (five fields), `every_min` (to 1,440, or whole days) and `once_at` (aware, without a window)."""

    time_zone: str
    cron: str | None = None
    every_min: int | None = None
    once_at: datetime | None = None
    window: Window | None = None


def upcoming(recurrence: Recurrence, after: datetime) -> Iterator[datetime]:
    """The moments after `after` at which it is due, in UTC, strictly rising; endless but for `once_at` and what is never due.

    A time of day that a change of the clock leaves out is due when the clock goes on, one that comes twice at the first of the two.
    What recurs within the day comes in both of a repeated hour's halves. Raises RecurrenceInvalid for what is no cron expression.
    """
    zone = ZoneInfo(recurrence.time_zone)
    after = after.astimezone(UTC)
    if recurrence.once_at is not None:
        return iter([recurrence.once_at.astimezone(UTC)] if recurrence.once_at > after else [])
    if recurrence.cron is not None:
        return _cron(recurrence.cron, recurrence.window, zone, after)
    if recurrence.every_min is None:
        raise RecurrenceInvalid("Neither a cron expression nor an interval nor a moment is given.")
    return _every(recurrence.every_min, recurrence.window, zone, after)


def next_opening(window: Window, zone: tzinfo, at: datetime) -> datetime:
    """`at` where the window is open then, else the next moment it opens; UTC."""
    if window.holds(at.astimezone(zone).time()):
        return at.astimezone(UTC)
    day = at.astimezone(zone).date()
    # an opening that a change of the clock put behind the window's end is none; the day after has one
    for ahead in range(4):
        wall = datetime.combine(day + timedelta(days=ahead), window.opens)
        for opening in (_at_wall(wall, zone), wall.replace(tzinfo=zone, fold=1).astimezone(UTC)):
            if opening > at and window.holds(opening.astimezone(zone).time()):
                return opening
    raise RecurrenceInvalid("The window never opens.")


def check(recurrence: Recurrence, now: datetime) -> None:
    """Raises RecurrenceInvalid for what could be stored but makes no sense."""
    given = [value for value in (recurrence.cron, recurrence.every_min, recurrence.once_at) if value is not None]
    if len(given) != 1:
        raise RecurrenceInvalid("Give exactly one of a cron expression, an interval in minutes and a moment.")
    if recurrence.every_min is not None and recurrence.every_min > DAY and recurrence.every_min % DAY:
        raise RecurrenceInvalid("An interval above one day must be whole days: 2880, 4320 ... 10080 minutes.")
    if recurrence.window is not None and recurrence.window.opens == recurrence.window.closes:
        raise RecurrenceInvalid("The window closes when it opens; leave it out for the whole day.")
    if recurrence.once_at is not None and recurrence.window is not None:
        raise RecurrenceInvalid("A single moment has no window.")
    if next(upcoming(recurrence, now), None) is None:
        raise RecurrenceInvalid("This is never due: the moment has passed, or the window excludes every one.")


def _cron(expression: str, window: Window | None, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Hours in the week of a change may come out twice or backwards (Debian's rules): only what rises counts."""
    found = _parsed(expression, after.astimezone(zone))
    if window is not None and not any(window.holds(time(hour, minute)) for hour in found.hours for minute in found.minutes):
        return  # but for a change of the clock that shifts one in, and nobody means that
    last = yielded = after
    while last - yielded <= _HORIZON:
        candidate = next(found, None)
        if candidate is None:
            return
        moment = candidate.astimezone(UTC)
        if window is not None and not window.holds(moment.astimezone(zone).time()):
            last = max(moment, last)
            opening = next_opening(window, zone, last).astimezone(zone)
            # straight to the opening, for all the minutes outside a window would cost seconds; where the clock changes on the
            # way, the window may be open twice
            if opening.utcoffset() == candidate.utcoffset():
                found = _parsed(expression, (opening.astimezone(UTC) - timedelta(seconds=1)).astimezone(zone))
        elif moment > yielded:
            last = yielded = moment
            yield moment


def _parsed(expression: str, start: datetime) -> CronSim:
    if len(expression.split()) != 5:
        raise RecurrenceInvalid(f"{expression!r} is no cron expression: it has five fields, minute hour day month weekday.")
    try:
        return CronSim(expression, start)
    except (CronSimError, ValueError, TypeError, AssertionError) as error:  # the last three: fields it does not expect
        raise RecurrenceInvalid(f"{expression!r} is no cron expression: {error or 'a field is not valid'}.") from None


def _every(minutes: int, window: Window | None, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """From each opening (midnight without a window) in steps of real time until the next one; whole days count from a Monday."""
    opens = window.opens if window else _MIDNIGHT
    every_days = max(1, minutes // DAY)
    day, last = after.astimezone(zone).date() - timedelta(days=1), after  # a window over midnight was opened yesterday
    while True:
        if (day.toordinal() - 1) % every_days == 0:
            opening = _at_wall(datetime.combine(day, opens), zone)
            end = opening + _MINUTE if minutes >= DAY else _at_wall(datetime.combine(day + timedelta(days=1), opens), zone)
            for moment in _steps(opening, end, timedelta(minutes=minutes), last):
                if window is None or window.holds(moment.astimezone(zone).time()):
                    last = moment
                    yield moment
        day += timedelta(days=1)


def _steps(start: datetime, end: datetime, step: timedelta, after: datetime) -> Iterator[datetime]:
    moment = start + max(0, (after - start) // step + 1) * step
    while moment < end:
        yield moment
        moment += step


def _at_wall(wall: datetime, zone: tzinfo) -> datetime:
    """The first moment the clock shows this time; where it leaves it out, the moment it goes on. UTC."""
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    while moment.astimezone(zone).replace(tzinfo=None) != wall:
        wall += _MINUTE
        moment = wall.replace(tzinfo=zone).astimezone(UTC)
    return moment
