"""A schedule as it is stored: its row read into values, its next moment, the run it asks for."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from services.control.runs.ask import Asked, Direction
from services.control.schedules.recurrence import Recurrence, Window, upcoming
from services.kernel.postgres import Queries, Row

SQL = Queries(Path(__file__).with_name("schedules.sql"))
Missed = Literal["skip", "once"]


@dataclass(frozen=True, slots=True)
class Stored:
    """One row of ceebus.schedule, in its columns' names; `kinds` and `queue` None: all, and the channel's own."""

    name: str
    channel: str
    direction: Direction
    kinds: list[str] | None
    since: Literal["last-transfer", "anytime"]
    queue: str | None
    priority: int
    cron: str | None
    every_min: int | None
    once_at: datetime | None
    window_from: time | None
    window_to: time | None
    time_zone: str
    missed: Missed
    enabled: bool
    next_at: datetime | None = None
    created_by: str = ""
    created_at: datetime | None = None
    last_at: datetime | None = None
    last_run: UUID | None = None
    last_outcome: str | None = None
    last_detail: str | None = None
    last_state: str | None = None

    @property
    def recurrence(self) -> Recurrence:
        window = Window(self.window_from, self.window_to) if self.window_from is not None and self.window_to is not None else None
        return Recurrence(self.time_zone, self.cron, self.every_min, self.once_at, window)

    def after(self, moment: datetime) -> datetime | None:
        """When it is due next after the moment, UTC; None: never again, or not enabled."""
        return next(upcoming(self.recurrence, moment), None) if self.enabled else None

    def next_runs(self, now: datetime, count: int = 3) -> list[datetime]:
        """The next moments in its own time zone, that which is due already among them."""
        if not self.enabled or self.next_at is None:
            return []
        zone = ZoneInfo(self.time_zone)
        following = islice(upcoming(self.recurrence, max(self.next_at, now)), count - 1)
        return [moment.astimezone(zone) for moment in (self.next_at, *following)]

    def asked(self) -> Asked:
        """The run it stands for."""
        chosen = {"kinds": self.kinds or (), "since": self.since, "queue": self.queue, "priority": self.priority}
        return Asked(self.channel, self.direction, "schedule", schedule=self.name, overlap="merge", **chosen)  # type: ignore[arg-type]


COLUMNS = tuple(field.name for field in fields(Stored))
SETTINGS = COLUMNS[: COLUMNS.index("next_at")]  # what an operator says, in the order in which `add` and `change` take them


def read(row: Row) -> Stored:
    """A row of `list`, `one`, `lock` or `due`."""
    return Stored(**{name: row[name] for name in COLUMNS})


def settings_of(stored: Stored) -> dict[str, Any]:
    """What an operator said."""
    return {name: getattr(stored, name) for name in SETTINGS}


def utc_now() -> datetime:
    return datetime.now(UTC)
