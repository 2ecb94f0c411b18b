"""Since when something is on its way: by channel and kind the moment of the oldest change not yet on the feed, or on a device.

Asked for all channels at once, every few seconds: when nothing is behind, one question to each server. Called by freshness.py
and status.py. Moments are ms since 1970; a kind that is left out has nothing on its way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from schemas import topics
from schemas.channel import encode_channel
from schemas.topics import KINDS
from services.control.cee import SQL as CEE_SQL
from services.control.cee import Cee
from services.kernel.kafka import Partition
from services.kernel.kafka_admin import changed_at, group_offsets
from services.kernel.kafka_logs import Logs
from services.kernel.postgres import Pool, Queries, Row
from services.kernel.settings import Kafka

SQL = Queries(Path(__file__).with_name("lateness.sql"))
Oldest = dict[str, dict[str, float]]  # channel -> kind -> ms


class FeedLateness:
    """Changes not yet on the feed: in CEE's outbox, before the exporter, before the feed."""

    def __init__(self, kafka: Kafka, logs: Logs, pool: Pool, cee: Cee) -> None:
        self._kafka, self._logs, self._pool, self._cee = kafka, logs, pool, cee

    async def oldest(self, channels: Sequence[str], now_ms: float) -> Oldest:
        """Raises CeeAway, kafka.Unreachable."""
        found: Oldest = defaultdict(dict)
        for row in await self._cee.fetch(CEE_SQL.oldest, channels, limit_s=10):
            _older(found, row["channel"], row["kind"], now_ms - row["age_s"] * 1000)
        for (topic, _), at_ms in (await self._before_readers(channels)).items():
            _, channel, kind = topics.parse(topic)
            _older(found, channel, kind, at_ms)
        return found

    async def _before_readers(self, channels: Sequence[str]) -> Mapping[Partition, float]:
        named = [name for channel in channels for kind in KINDS for name in (topics.cee(channel, kind), topics.export(channel, kind))]
        lanes = ["feed", *(f"export.{channel}" for channel in channels)]
        reached = {(row["topic"], row["topic_partition"]): row["next_offset"] for row in await self._pool.fetch(SQL.positions, lanes)}
        ends = await self._logs.ends(named)
        behind = {at: reached.get(at, 0) for at, end in ends.items() if reached.get(at, 0) < end}
        for channel in {topics.parse(topic)[1] for topic, _ in behind if topic.startswith("cee.")}:
            # a copy may be behind Kafka's own after a crash between the two
            committed = await group_offsets(self._kafka, f"ceebus.export.{encode_channel(channel)}")
            behind |= {at: max(offset, behind[at]) for at, (offset, _) in committed.items() if at in behind}
        behind = {at: offset for at, offset in behind.items() if offset < ends[at]}
        return await changed_at(self._kafka, behind) if behind else {}


async def device_lateness(pool: Pool, channels: Sequence[str]) -> Oldest:
    """Rows of the feed that an active device has not acknowledged; every channel with such a device is named."""
    found: Oldest = {row["channel"]: {} for row in await pool.fetch(SQL.with_devices, channels)}
    slow: dict[str, list[Row]] = defaultdict(list)
    for row in await pool.fetch(SQL.slow, channels):
        slow[row["channel"]].append(row)
    for channel, rows in slow.items():
        never = min((row["never_ms"] for row in rows if row["never_ms"] is not None), default=None)
        if never is not None:  # it lacks all there is, but could not have it earlier
            for row in await pool.fetch(SQL.kinds, channel, list(KINDS)):
                _older(found, channel, row["kind"], never)
        data, attachments = _by_rep(rows, "data"), _by_rep(rows, "attachments")
        if data:
            values = (channel, min(data.values()), min(attachments.values()), data, attachments)
            for row in await pool.fetch(SQL.unacknowledged, *values):
                if row["kind"] in KINDS:
                    _older(found, channel, row["kind"], row["at_ms"])
    return found


def _by_rep(rows: Iterable[Row], group: str) -> dict[str, int]:
    return {row["rep"]: row[group] for row in rows if row[group] is not None}


def _older(found: Oldest, channel: str, kind: str, at_ms: float) -> None:
    kinds = found.setdefault(channel, {})
    kinds[kind] = min(at_ms, kinds.get(kind, at_ms))
