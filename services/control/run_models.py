"""What control's API answers and takes about runs, modes, holds and markers; its description is made from these."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StrictBool

from services.control.models import Body, Reason, Text
from services.control.runs.states import State

Direction = Literal["export", "import"]
Mode = Literal["live", "scheduled", "on-demand"]
Key = Annotated[Text, Field(min_length=1, max_length=512)]


class AskRun(Body):
    """A run. Nothing chosen: all kinds since the last transfer, in the channel's own queue."""

    kinds: Annotated[tuple[str, ...], Field(max_length=9)] = ()
    since: Literal["last-transfer", "anytime", "timestamp", "offset", "run"] = "last-transfer"
    since_at: Annotated[
        datetime | None, Field(description="with `timestamp`: the bus's publish time, inclusive; UTC where it has no zone")
    ] = None
    since_offsets: Annotated[
        dict[str, Any] | None, Field(description="with `offset`: kind/partition -> offset, such as partners/0: 120")
    ] = None
    since_run: Annotated[UUID | None, Field(description="with `run`: from where that run began")] = None
    keys: Annotated[tuple[Key, ...], Field(max_length=10_000, description="of exactly one kind; of imports: source_ids")] = ()
    force: Annotated[StrictBool, Field(description="devices download again what has not changed, too")] = False
    queue: Annotated[str | None, Field(max_length=40)] = None
    priority: Annotated[int, Field(ge=1, le=9, description="1 goes first")] = 5
    overlap: Annotated[
        Literal["wait", "merge", "refuse"],
        Field(description="if another one waits or is at work; merge: the same that waits is enough"),
    ] = "merge"
    reason: Reason = None


class KindProgress(BaseModel):
    """One kind of a run. `read` of `selected` records have been handed on by the lane."""

    kind: str
    phase: Literal["pending", "ask", "read", "deliver", "done"]
    selected: int | None
    read: int | None
    counts: dict[str, int]
    started_at: datetime | None
    finished_at: datetime | None
    marker_before: dict[str, int] | None
    marker_after: dict[str, int] | None


class RunLine(BaseModel):
    """A run in the list."""

    id: UUID
    channel: str
    direction: Direction
    kinds: list[str]
    since: str
    since_at: datetime | None
    keys: Annotated[int | None, Field(description="how many were chosen; null: all")]
    force: bool
    queue: str
    priority: int
    state: State
    code: Annotated[str | None, Field(description="why it waits or failed")]
    detail: str | None
    held: Annotated[bool, Field(description="its lane is held: it goes on when that is released")]
    cancelling: bool
    schedule: str | None
    asked_by: str
    reason: str | None
    created_at: datetime
    starts_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class RunDetail(RunLine):
    """A run with its kinds, and its final report once there is one."""

    progress: list[KindProgress]
    report: dict[str, Any] | None


class Steered(BaseModel):
    """What is wanted of a channel's direction."""

    channel: str
    direction: Direction
    mode: Mode
    queue: str
    weight: int
    held: bool
    detached: bool
    reason: str | None
    held_by: str | None
    held_at: datetime | None


class SetMode(Body):
    """Live: changes flow by themselves. Scheduled, on demand: only runs move them. What is left out stays."""

    mode: Mode | None = None
    queue: Annotated[str | None, Field(max_length=40)] = None
    weight: Annotated[int | None, Field(ge=1, le=100, description="share of turns among the channels of a process")] = None
    reason: Reason = None


class Hold(Body):
    """Nothing flows until it is released. `detach`: the lane leaves its group, so that Kafka's own tools may move its marker."""

    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]
    detach: StrictBool = False


class Marker(BaseModel):
    """The "last transfer" of one partition. `behind`: offsets between it and the end of the log."""

    kind: str
    topic: str
    partition: int
    offset: int
    end: int | None
    behind: int | None
    reading_at: Annotated[int | None, Field(description="where a run reads off the marker")]
    updated_at: datetime


class MarkerMove(BaseModel):
    """A place of a marker's history."""

    id: int
    kind: str
    topic: str
    partition: int
    offset: int
    before: int | None
    cause: str
    run: UUID | None
    at: datetime


class MarkerTarget(Body):
    """Where markers shall stand: as they were at a moment, or before a run. Only of these kinds; none named: of all."""

    at: datetime | None = None
    before_run: UUID | None = None
    kinds: Annotated[tuple[str, ...], Field(max_length=9)] = ()
    reason: Reason = None


class MarkerDiff(BaseModel):
    """What a move would do to one partition. `objects`: distinct keys that would be sent again; negative offsets go back."""

    kind: str
    topic: str
    partition: int
    now: int
    then: int
    offsets: int
    objects: Annotated[int | None, Field(description="distinct keys in between; null: more records than are counted")]
