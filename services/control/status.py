"""Where the objects of a channel are, kind by kind: in CEE, published, exported, in the feed, on the devices."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping

from schemas.topics import KINDS
from services.control.cee import SQL as CEE_SQL
from services.control.cee import Cee, CeeAway
from services.control.channel_models import ChannelStatus, DevicesBehind, OutboxStatus, SnapshotProgress
from services.control.counts import Counts
from services.control.figures import Figures, Rows, kind_status
from services.control.known import Known
from services.control.lateness import device_lateness
from services.control.positions import SQL, read_positions
from services.kernel.kafka import Unreachable
from services.kernel.postgres import Pool
from services.kernel.settings import Kafka

COUNT_LIMIT_S = 110  # a stress-size view takes its time


class Status:
    """Answers for one channel at a time; what is away is named, the rest is answered. `now_ms` is the clock."""

    def __init__(self, kafka: Kafka, pool: Pool, cee: Cee, now_ms: Callable[[], float]) -> None:
        self._kafka, self._pool, self._cee, self._now_ms = kafka, pool, cee, now_ms
        self._counts = Counts()

    async def of(self, known: Known, fresh: bool) -> ChannelStatus:
        """`fresh`: nothing is answered from an earlier count."""
        away: list[str] = []
        figures, channel = Figures(), known.id
        await asyncio.gather(
            self._ours(figures, channel, fresh),
            self._tried(self._source(figures, channel, fresh), away),
            self._tried(self._in_cee(figures, channel, fresh), away),
            self._tried(self._positions(figures, channel), away),
        )
        assert figures.devices is not None
        return ChannelStatus(
            channel=channel,
            active=known.active,
            kinds=[kind_status(kind, figures, self._now_ms()) for kind in KINDS],
            devices=figures.devices,
            outbox=figures.outbox,
            outcomes_records=figures.positions.outcomes.passed if figures.positions else None,
            outcomes_lag=figures.positions.outcomes.lag if figures.positions else None,
            away=sorted(set(away)),
        )

    async def snapshots(self, channel: str) -> list[SnapshotProgress]:
        """The newest snapshot of each kind, in export order; raises CeeAway."""
        rows = {row["kind"]: row for row in await self._cee.fetch(CEE_SQL.snapshots, channel)}
        return [SnapshotProgress(**rows[kind]) for kind in KINDS if kind in rows]

    async def _ours(self, figures: Figures, channel: str, fresh: bool) -> None:
        """What our own database knows; without it there is no status."""
        pool = self._pool
        behind = await pool.fetchrow(SQL.devices_behind, channel)
        position = await pool.fetchrow(SQL.position, channel)
        assert behind is not None
        reached = (behind["data_position"], behind["attachments_position"])

        async def count() -> Mapping[str, Rows]:
            return {row["kind"]: row for row in await pool.fetch(SQL.feed, channel, *reached)}

        figures.devices = DevicesBehind(**behind, last=position["last"] if position else 0)
        figures.late_devices = (await self._counts.get(("late", channel), lambda: device_lateness(pool, [channel]), fresh)).value.get(
            channel
        )
        figures.feed = (await self._counts.get(("feed", channel), count, fresh)).value
        due: dict[str, list[Rows]] = defaultdict(list)
        for row in await pool.fetch(SQL.due, channel):
            due[row["kind"]].append(row)
        figures.due = due
        figures.waiting = {row["kind"]: row["count"] for row in await pool.fetch(SQL.waiting, channel)}
        figures.sources = {row["kind"]: row["source"] for row in await pool.fetch(SQL.sources, [channel])}

    async def _source(self, figures: Figures, channel: str, fresh: bool) -> None:
        """What stands beside CEE's data."""

        async def count() -> Mapping[str, Rows]:
            return {row["kind"]: row for row in await self._cee.fetch(CEE_SQL.published, channel)}

        published = (await self._counts.get(("published", channel), count, fresh)).value
        outbox = {row["kind"]: row for row in await self._cee.fetch(CEE_SQL.outbox, channel)}
        horizon = await self._cee.fetch(CEE_SQL.horizon)
        gap = await self._cee.fetch(CEE_SQL.gaps, channel)
        figures.outbox = OutboxStatus(
            rows=sum(row["rows"] for row in outbox.values()),
            age_s=max((row["age_s"] for row in outbox.values()), default=0.0),
            horizon_age_s=horizon[0]["age_s"],
            gap=gap[0]["reason"] if gap else None,
            gap_at=gap[0]["at"] if gap else None,
        )
        figures.outbox_kinds, figures.published = outbox, published

    async def _in_cee(self, figures: Figures, channel: str, fresh: bool) -> None:
        """Members by kind, each view counted and remembered by itself."""

        def counter(kind: str) -> Callable[[], Awaitable[int]]:
            # the kind comes from a closed list, never from a request
            query = CEE_SQL.members.replace("kind_view", kind.replace("-", "_"))

            async def count() -> int:
                return int((await self._cee.fetch(query, channel, limit_s=COUNT_LIMIT_S))[0]["count"])

            return count

        figures.in_cee = {kind: (await self._counts.get(("cee", channel, kind), counter(kind), fresh)).value for kind in KINDS}

    async def _positions(self, figures: Figures, channel: str) -> None:
        figures.positions = await read_positions(self._kafka, self._pool, channel)

    async def _tried(self, asked: Awaitable[None], away: list[str]) -> None:
        try:
            await asked
        except (CeeAway, Unreachable) as error:
            away.append(str(error))
