"""From what was counted to one line of the status table. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.control.channel_models import DevicesBehind, KindStatus, OutboxStatus
from services.control.freshness import device_age
from services.control.positions import Passed, Positions
from services.kernel.postgres import Row

Rows = Mapping[str, Any] | Row
_NO_FEED = {"live": 0, "deactivated": 0, "on_devices": 0}


@dataclass(slots=True)
class Figures:
    """What was found for a channel, by kind; None where nobody answered."""

    in_cee: Mapping[str, int] | None = None
    published: Mapping[str, Rows] | None = None
    outbox: OutboxStatus | None = None
    outbox_kinds: Mapping[str, Rows] = field(default_factory=dict)
    positions: Positions | None = None
    feed: Mapping[str, Rows] = field(default_factory=dict)
    due: Mapping[str, Sequence[Rows]] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)
    sources: Mapping[str, Any] = field(default_factory=dict)
    devices: DevicesBehind | None = None
    late_devices: Mapping[str, float] | None = None  # ms by kind; None: no active device


def kind_status(kind: str, figures: Figures, now_ms: float) -> KindStatus:
    """One line of the table."""
    feed = figures.feed.get(kind) or _NO_FEED
    due = figures.due.get(kind, ())
    source = figures.sources.get(kind, "cee")
    published = figures.published.get(kind, {"live": 0})["live"] if figures.published is not None else None
    exporter = figures.positions.exporter[kind] if figures.positions else None
    fed = figures.positions.feed[kind] if figures.positions else None
    oldest = _oldest(figures.outbox_kinds.get(kind), [exporter, fed], now_ms)
    on_feed = (oldest or 0.0) if figures.outbox and figures.positions else None
    return KindStatus(
        kind=kind,
        source=source,
        in_cee=figures.in_cee[kind] if figures.in_cee and source == "cee" else None,
        published=published,
        # every record before the exporter might be another object's first one
        exported=max(published - exporter.lag, 0) if exporter and published is not None else None,
        exported_records=exporter.passed if exporter else None,
        feed=feed["live"],
        feed_records=fed.passed if fed else None,
        deactivated=feed["deactivated"],
        on_devices=feed["on_devices"] if figures.devices and figures.devices.active else None,
        due=sum(row["count"] for row in due),
        due_codes={row["code"]: row["count"] for row in due},
        exhausted=sum(row["exhausted"] for row in due),
        waiting=figures.waiting.get(kind, 0),
        exporter_lag=exporter.lag if exporter else None,
        feed_lag=fed.lag if fed else None,
        lag_records=exporter.lag + fed.lag if exporter and fed else None,
        oldest_age_s=oldest,
        feed_age_s=on_feed,
        device_age_s=device_age(on_feed, figures.late_devices, kind, now_ms) if on_feed is not None else None,
        due_age_s=max((row["age_s"] for row in due), default=None),
    )


def _oldest(outbox: Rows | None, readers: Sequence[Passed | None], now_ms: float) -> float | None:
    """Seconds since the oldest change that is on its way was committed (in the outbox) or published (in a topic)."""
    ages = [outbox["age_s"]] if outbox else []
    ages += [max(now_ms - reader.oldest_ms, 0) / 1000 for reader in readers if reader and reader.oldest_ms is not None]
    return max(ages, default=None)
