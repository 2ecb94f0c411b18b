"""What control's API takes and answers about schedules."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from services.control.models import Body, Reason, Text
from services.control.runs.ask import Direction
from services.control.schedules.stored import Missed, Stored, settings_of

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
Name = Annotated[str, Field(pattern=NAME)]
Cron = Annotated[Text, Field(max_length=100, description="five fields: minute hour day month weekday, by the schedule's time zone")]
Every = Annotated[int, Field(ge=1, le=7 * 24 * 60, description="minutes from the window's opening, or midnight; above 1440 whole days")]
Once = Annotated[datetime, Field(description="one moment; without an offset by the schedule's time zone")]
Between = Annotated[
    str,
    Field(
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$",
        description="HH:MM-HH:MM by the time zone, the end not included; may go over midnight",
    ),
]
Zone = Annotated[Text, Field(min_length=1, max_length=64, description="such as Europe/Warsaw")]
Priority = Annotated[int, Field(ge=1, le=9, description="1 goes first")]
Kinds = Annotated[list[Text], Field(max_length=20, description="none: all of the direction")]


class _Settings(Body):
    """What may be left out both of a new schedule and of a change; exactly one of cron, every_minutes and once_at says when."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: Kinds | None = None
    cron: Cron | None = None
    every_minutes: Every | None = None
    once_at: Once | None = None
    window: Between | None = None
    queue: Annotated[Text | None, Field(max_length=64, description="none: the channel's own")] = None
    reason: Reason = None


class NewSchedule(_Settings):
    """A schedule to be. Its time zone is the channel's unless it has one of its own."""

    name: Name
    channel: Annotated[Text, Field(max_length=20)]
    direction: Direction
    since: Literal["last-transfer", "anytime"] = "last-transfer"
    priority: Priority = 5
    time_zone: Zone | None = None
    missed: Annotated[Missed, Field(description="what was due while nobody was there: left out, or made up for once")] = "skip"
    enabled: StrictBool = True


class ChangeSchedule(_Settings):
    """What is left out stays; null takes kinds, window or queue away. Another way to recur replaces the one before."""

    since: Literal["last-transfer", "anytime"] | None = None
    priority: Priority | None = None
    time_zone: Zone | None = None
    missed: Missed | None = None
    enabled: StrictBool | None = None


class Schedule(BaseModel):
    """A schedule, its next runs by its own time zone, and what came of the last one."""

    name: str
    channel: str
    direction: Direction
    kinds: list[str] | None
    since: str
    queue: str | None
    priority: int
    cron: str | None
    every_minutes: int | None
    once_at: datetime | None
    window: str | None
    time_zone: str
    missed: Missed
    enabled: bool
    next: Annotated[list[datetime], Field(description="at most three; none: not enabled, or done")]
    last_at: datetime | None
    last_outcome: Annotated[str | None, Field(description="asked, missed, or the code of the refusal")]
    last_detail: str | None
    last_run: UUID | None
    last_state: Annotated[str | None, Field(description="state of the last run")]
    created_by: str
    created_at: datetime


def shown(stored: Stored, now: datetime) -> Schedule:
    """The API's form of a stored schedule."""
    window = f"{stored.window_from:%H:%M}-{stored.window_to:%H:%M}" if stored.window_from is not None else None
    said = settings_of(stored) | {"every_minutes": stored.every_min, "window": window, "next": stored.next_runs(now)}
    last = {name: getattr(stored, name) for name in Schedule.model_fields if name.startswith(("last_", "created_"))}
    return Schedule(**{name: value for name, value in (said | last).items() if name in Schedule.model_fields})


def audited(stored: Stored) -> dict[str, Any]:
    """What the audit keeps of a schedule: what an operator says of it."""
    said = settings_of(stored)
    return {name: value.isoformat() if isinstance(value, datetime | time) else value for name, value in said.items() if value is not None}


def columns(body: _Settings) -> dict[str, Any]:
    """What the body says, in the table's columns; only what it names."""
    said = body.model_dump(exclude_unset=True, exclude={"reason"})
    said = {name: value for name, value in said.items() if value is not None or name in ("kinds", "window", "queue")}
    if "every_minutes" in said:
        said["every_min"] = said.pop("every_minutes")
    if "window" in said:
        window = said.pop("window")
        opens, _, closes = (window or "").partition("-")
        said |= {"window_from": time.fromisoformat(opens) if window else None, "window_to": time.fromisoformat(closes) if window else None}
    if "kinds" in said:
        said["kinds"] = said["kinds"] or None
    return said
