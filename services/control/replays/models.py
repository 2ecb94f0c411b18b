"""What control's API answers and takes about replays; its description is made from these."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from services.control.models import Body, Reason

RATE = 5_000  # records a second: a tenth of what a lane does, so that nobody else's lag is felt
_SINCE: dict[str, Any] = {"required": ["since"], "properties": {"since": {"type": "string"}, "all": {"const": False}}}
_ALL: dict[str, Any] = {"required": ["all"], "properties": {"all": {"const": True}, "since": {"type": "null"}}}
_FIRST, _LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)  # Kafka's first moment; none of ours is outside
Since = Annotated[AwareDatetime, AfterValidator(lambda at: min(max(at, _FIRST), _LAST))]


class AskDeviceReplay(Body):
    """From when on a device gets the feed again. `since`: whatever was last written to the feed at or after that moment."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"anyOf": [_SINCE, _ALL]})

    since: Since | None = None
    all: Annotated[bool, Field(description="everything, as a full download that replaces what the device has")] = False
    reason: Reason = None

    @model_validator(mode="after")
    def _one_of_both(self) -> AskDeviceReplay:
        if self.all == (self.since is not None):
            raise ValueError("say either since or all")
        return self


class DeviceReplay(BaseModel):
    """A replay to a device; done when it has acknowledged a complete cut of both groups that was read after it."""

    id: int
    device: str
    channel: str
    state: Literal["asked", "taken", "done"]
    since: Annotated[datetime | None, Field(description="null: everything")]
    whole: bool
    data_position: Annotated[int, Field(description="rows above it come again")]
    attachments_position: int
    rows: Annotated[int, Field(description="rows of the feed above these positions that the device may see, as they are now")]
    reason: str | None
    asked_by: str
    asked_at: datetime
    taken_at: Annotated[datetime | None, Field(description="when the device asked for its first page")]
    data_done: bool
    attachments_done: bool
    done_at: datetime | None


class AskReplay(Body):
    """Copies of a channel's export records for one subscriber, on a topic that is made if need be."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", description="of the subscriber: the topic is replay.<channel>.<name>")]
    kinds: Annotated[list[str] | None, Field(min_length=1, max_length=9, description="null: all")] = None
    since: Annotated[Since | None, Field(description="published on the bus at or after it; null: from the beginning")] = None
    rate: Annotated[int, Field(ge=1, le=100_000, description="records a second at most")] = RATE
    partitions: Annotated[int, Field(ge=1, le=64, description="of the topic; one that exists keeps its number")] = 1
    reason: Reason = None


class Replay(BaseModel):
    """A replay to a subscriber. Records may come twice: after a crash it goes on at its checkpoint."""

    id: UUID
    channel: str
    name: str
    topic: str
    kinds: list[str]
    since: datetime | None
    rate: int
    partitions: int
    state: Literal["running", "completed", "failed", "cancelled"]
    total: Annotated[int, Field(description="offsets to pass; compacted logs hold fewer records")]
    passed: int
    copied: Annotated[int, Field(description="records on the topic, repeated ones too")]
    detail: str | None
    reason: str | None
    asked_by: str
    created_at: datetime
    finished_at: datetime | None


class Place(BaseModel):
    """One partition: below `next_offset` everything is copied."""

    topic: str
    topic_partition: int
    from_offset: int
    next_offset: int
    until_offset: int


class ReplayDetail(Replay):
    """A replay with its checkpoint."""

    places: list[Place]
