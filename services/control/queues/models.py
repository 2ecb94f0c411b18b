"""What control's API takes and answers about processing queues."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StrictBool

from services.control.models import Body, Reason

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Slots = Annotated[int, Field(ge=1, le=32, description="runs at work at a time")]


class NewQueue(Body):
    """A queue to be; its processes are started with `--queue NAME`."""

    name: Name
    slots: Slots = 4
    reason: Reason = None


class ChangeQueue(Body):
    """What is left out stays. A paused queue starts no run; those at work go on."""

    slots: Slots | None = None
    paused: StrictBool | None = None
    reason: Reason = None


class Member(BaseModel):
    """A channel's direction whose lanes the queue's processes run."""

    channel: str
    direction: str
    mode: str
    weight: Annotated[int, Field(description="share of turns beside the others of a process")]
    held: bool


class QueuedRun(BaseModel):
    """A run that is at work or waits."""

    id: UUID
    channel: str
    direction: str
    kinds: list[str]
    priority: int
    code: Annotated[str | None, Field(description="why it waits")]
    created_at: datetime
    starts_at: datetime
    started_at: datetime | None


class Queue(BaseModel):
    """A processing queue: what belongs to it, what it works on, what is next."""

    name: str
    slots: int
    paused: bool
    created_at: datetime
    transfers: list[Member]
    running: Annotated[list[QueuedRun], Field(description="at work; more than `slots` where these were lowered meanwhile")]
    waiting: Annotated[list[QueuedRun], Field(description="the first 50, in the order in which they are started")]
    waiting_count: int
