"""Visits (domain.md 4.4). The gate, which holds for the first import only and needs the clock, is the writer's."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from schemas.channel import Channel
from schemas.imports import visits as imports
from schemas.mobile.names import YEARS, named
from schemas.mobile.visits import Visit
from services.kernel.guard import Refused


def handle(upload: Visit, channel: Channel) -> imports.Visit:
    """Raises Refused not_an_appointment, field_invalid."""
    if upload.action_type != "appointment":
        raise Refused("rejected", "not_an_appointment", number=upload.number)
    start, end = _moment(upload, "planned_start"), _moment(upload, "planned_end")
    if upload.actual_start is not None:
        _moment(upload, "actual_start")
    if upload.all_day:
        start, end = _whole_days(upload, start, end, ZoneInfo(channel.time_zone))
    if end <= start:
        raise Refused("rejected", "field_invalid", field="planned_end", value=upload.planned_end)
    partner, source_id = named(upload.partner)
    return imports.Visit.of(
        upload,
        planned_start=_written(start),
        planned_end=_written(end),
        status="rejected" if upload.status == "canceled" else upload.status,
        partner=partner,
        partner_source_id=source_id,
    )


def _moment(upload: Visit, field: str) -> datetime:
    """The contract's pattern does not know how long a month is."""
    text: str = upload.__dict__[field]
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("rejected", "field_invalid", field=field, value=text) from None
    if found.year not in YEARS:
        raise Refused("rejected", "field_invalid", field=field, value=text)
    return found


def _whole_days(upload: Visit, start: datetime, end: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From 00:00 of the first to 24:00 of the last day, as the channel's clocks show it; an end at 00:00 is 24:00 of the day before."""
    try:
        first, last = start.astimezone(zone), end.astimezone(zone)
        day_after = last.date() if last.time() == time() and end > start else last.date() + timedelta(days=1)
        return (
            datetime.combine(first.date(), time(), zone).astimezone(UTC),
            datetime.combine(day_after, time(), zone).astimezone(UTC),
        )
    except OverflowError:  # at the ends of the calendar
        raise Refused("rejected", "field_invalid", field="planned_end", value=upload.planned_end) from None


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
