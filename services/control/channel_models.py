"""What control's API answers and takes about channels and their status; its description is made from these."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from services.control.models import Body, Reason

Source = Literal["cee", "ingest"]


class ChannelLine(BaseModel):
    """A channel in the list."""

    id: str
    description: str | None
    active: bool
    currency: str | None
    time_zone: str | None
    in_cee: Annotated[bool | None, Field(description="null: CEE does not answer")]
    on_bus: Annotated[bool, Field(description="the source has published its settings, so every role knows it")]
    invalid: Annotated[str | None, Field(description="why the settings are outside the contract")]


class SnapshotProgress(BaseModel):
    """The newest snapshot of a kind; `total` is known once its rows were counted."""

    kind: str
    state: Literal["waiting", "rows", "removals", "done", "cancelled"]
    done: int
    total: int | None
    reason: str | None
    started_at: datetime | None
    finished_at: datetime | None


class ChannelDetail(ChannelLine):
    """A channel with all its settings as CEE states them."""

    settings: dict[str, Any]
    sources: Annotated[dict[str, Source], Field(description="where each kind comes from")]
    snapshots: Annotated[list[SnapshotProgress] | None, Field(description="null: CEE does not answer")]


class KindSource(BaseModel):
    """Where a kind of a channel comes from."""

    kind: str
    source: Source


class SetSource(Body):
    """`ingest`: from POST /v1/channels/{channel}/changes/{kind} of the source role; `cee`: from CEE's view."""

    source: Source
    reason: Reason = None


class KindStatus(BaseModel):
    """One kind of a channel. A figure is null where the part it comes from does not answer or does not apply."""

    kind: str
    source: Source
    in_cee: Annotated[int | None, Field(description="objects of the channel in CEE's view")]
    published: Annotated[int | None, Field(description="objects that stand in cee.*")]
    exported: Annotated[int | None, Field(description="published objects that the exporter has judged, at least")]
    exported_records: Annotated[int | None, Field(description="records of cee.* that the exporter has judged, repeated ones too")]
    feed: Annotated[int, Field(description="objects devices can get")]
    feed_records: Annotated[int | None, Field(description="records of export.* that the feed has taken, repeated ones too")]
    deactivated: Annotated[int, Field(description="objects devices keep as inactive")]
    on_devices: Annotated[int | None, Field(description="objects of the feed that every active device has in use; null: no active device")]
    due: int
    due_codes: dict[str, int]
    exhausted: Annotated[int, Field(description="due, but tried again only by an operator or a new version")]
    waiting: Annotated[int, Field(description="due because a parent is missing")]
    exporter_lag: int | None
    feed_lag: int | None
    lag_records: Annotated[int | None, Field(description="records of cee.* before the exporter and of export.* before the feed")]
    oldest_age_s: Annotated[float | None, Field(description="age of the oldest change that is still on its way to the feed")]
    feed_age_s: Annotated[float | None, Field(description="age of the oldest change in CEE that is not on the feed; 0: nothing is late")]
    device_age_s: Annotated[
        float | None, Field(description="age of the oldest change in CEE that an active device has not acknowledged; 0: nothing is late")
    ]
    due_age_s: Annotated[float | None, Field(description="age of the oldest due record")]


class DevicesBehind(BaseModel):
    """The active devices of a channel: the slowest one's positions against the feed's last."""

    active: int
    complete: Annotated[int, Field(description="devices that have all data of the feed in use")]
    last: int
    data_position: int
    attachments_position: int


class OutboxStatus(BaseModel):
    """CEE's changes that the source has not published yet."""

    rows: int
    age_s: float
    horizon_age_s: Annotated[float, Field(description="age of the oldest open transaction: it holds later changes back")]
    gap: Annotated[str | None, Field(description="why everything was read again, the last time")]
    gap_at: datetime | None


Behind = Annotated[dict[str, int], Field(description="by kind; kinds without any are left out")]


class ChannelLag(BaseModel):
    """What is on its way: changes in CEE's outbox, records before each reader, and parents whose children the feed has still to let go.

    `settled`: nothing is.
    """

    channel: str
    settled: bool
    outbox: Behind
    exporter: Behind
    feed: Behind
    importer: Behind
    writer: Behind


class ChannelStatus(BaseModel):
    """A channel, kind by kind in export order."""

    channel: str
    active: bool
    kinds: list[KindStatus]
    devices: DevicesBehind
    outbox: OutboxStatus | None
    outcomes_records: Annotated[int | None, Field(description="records of outcomes.* that the feed has taken")]
    outcomes_lag: Annotated[int | None, Field(description="records of outcomes.* the feed has not taken yet")]
    away: Annotated[list[str], Field(description="parts that do not answer, so that figures are missing")]
