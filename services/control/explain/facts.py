"""What is gathered about one object before anything is decided. Plain values, so that decisions are tested without I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from services.control.explain.finding import Fields, Finding

OUTBOX_ROWS = 20_000  # so far the outbox is looked through for the object's own change


@dataclass(slots=True)
class ChannelFacts:
    """A channel and one direction of it. `transfer`, `run`, `schedule`: rows of ours.sql, or None."""

    id: str
    active: bool = True
    in_cee: bool | None = True
    on_bus: bool = True
    invalid: str | None = None
    transfer: Fields | None = None
    run: Fields | None = None
    schedule: Fields | None = None


@dataclass(slots=True)
class CeeFacts:
    """What CEE's database says of an object; rows of cee.sql. `lacking`: why a kind that leaves by delete has no row, as (code, facts)."""

    row: Fields | None = None
    published: Fields | None = None
    snapshot: Fields | None = None
    outbox: Fields = field(default_factory=dict)
    transaction: Fields | None = None  # only where the outbox is held
    source_works: bool = True
    lacking: tuple[str, Fields] | None = None


@dataclass(slots=True)
class Place:
    """One partition and its reader. `offset`: of the record looked for, None where it was not found in time."""

    topic: str
    partition: int
    marker: int
    end: int
    members: int = 1
    offset: int | None = None
    searched: bool = True  # to the partition's end

    @property
    def passed(self) -> bool:
        """The reader has the record behind it."""
        return self.marker >= self.end or (self.offset is not None and self.offset < self.marker)

    @property
    def lag(self) -> int:
        """Records before the reader, up to and with the one looked for."""
        return max((self.end if self.offset is None else self.offset + 1) - self.marker, 0)

    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = {"topic": self.topic, "partition": self.partition, "marker": self.marker, "end": self.end, "lag": self.lag}
        return found if self.offset is None else found | {"offset": self.offset}


@dataclass(slots=True)
class LogFacts:
    """Where the lanes are. `feed`: the worse of the kind's partition of export.* and of outcomes.*."""

    exporter: Place | None = None
    feed: Place | None = None


@dataclass(slots=True)
class Outbound:
    """Everything known of one object on its way out; None: that part does not answer (cee, log) or has no such row."""

    channel: ChannelFacts
    kind: str
    key: str
    source: str = "cee"
    cee: CeeFacts | None = field(default_factory=CeeFacts)
    log: LogFacts | None = None
    feed: Fields | None = None
    due: Fields | None = None
    ledger: Fields | None = None
    waiting: Fields | None = None
    parents: Sequence[tuple[str, str, Finding | None]] = ()  # (kind, key, the obstacle on its own way)
    asked: str | None = None  # the device that was named
    device: Fields | None = None
    devices: Sequence[Fields] = ()

    @property
    def version(self) -> int | None:
        """The newest published object version."""
        published = self.cee.published if self.cee else None
        return None if published is None else int(published["objectversion"])


@dataclass(slots=True)
class Inbound:
    """Everything known of one upload on its way in. `back`: how the object fares on its way out again, if it has become one."""

    channel: ChannelFacts
    kind: str
    key: str
    source_id: str | None
    cee_away: bool = False
    importer: Place | None = None
    writer: Place | None = None
    results: Place | None = None
    upload: Fields | None = None
    answer: Fields | None = None
    waiting: Fields | None = None
    inbox: Fields | None = None
    imported: Fields | None = None
    back: Outbound | None = None
    told: Fields | None = None  # the answer's row in the feed
    sender: Fields | None = None  # the device that sent it
