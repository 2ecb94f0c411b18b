"""What tests of the scheduler stand on: schedules as rows, a clock that the test moves, channels as it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.control.known import Known
from services.control.schedules.scheduler import Scheduler
from services.kernel.postgres import Pool

NIGHT = datetime(2026, 10, 24, 20, tzinfo=UTC)  # 22:00 in Warsaw, the night in which an hour comes twice
ADD = """
insert into ceebus.schedule(name, channel, direction, cron, every_min, window_from, window_to, time_zone, missed, next_at,
    created_by, queue)
values($1, $2, 'export', $3, $4, $5, $6, 'Europe/Warsaw', $7, $8, 'test', $9)"""


@dataclass
class KnownChannels:
    """What CEE and the bus say, by the test's word: the part of `Channels` that the scheduler asks."""

    ids: list[str]
    active: bool = True
    problem: str | None = None

    def kafka_problem(self) -> str | None:
        return self.problem

    async def all(self) -> list[Known]:
        return [Known(name, self.active, {}, True, True, None) for name in self.ids]


@dataclass
class Bed:
    """A database, a channel, and a clock that stands until it is moved."""

    pool: Pool
    url: str
    channel: str
    channels: KnownChannels
    now: datetime = NIGHT
    looks: int = 0
    clock: Callable[[], datetime] = field(init=False)

    def __post_init__(self) -> None:
        def clock() -> datetime:
            self.looks += 1
            return self.now

        self.clock = clock

    def scheduler(self, clock: Callable[[], datetime] | None = None) -> Scheduler:
        return Scheduler(self.pool, self.channels, self.url, clock or self.clock)

    async def add(self, name: str = "night", next_at: datetime = NIGHT, **more: Any) -> str:
        fields = {"channel": self.channel, "cron": None, "every": None, "window": (None, None), "missed": "skip", "queue": None} | more
        if fields["cron"] is None and fields["every"] is None:
            fields["cron"] = "0 22 * * *"
        values = (fields["channel"], fields["cron"], fields["every"], *fields["window"], fields["missed"], next_at, fields["queue"])
        await self.pool.execute(ADD, name + self.channel, *values)
        return name + self.channel

    async def row(self, name: str) -> Any:
        return await self.pool.fetchrow("select * from ceebus.schedule where name = $1", name)

    async def runs(self, name: str) -> int:
        return int(await self.pool.fetchval("select count(*) from ceebus.run where schedule = $1", name))
