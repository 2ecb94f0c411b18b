"""Markers: where each lane's "last transfer" stands, where it stood, and putting it back. What a move would send is said first."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence

from schemas import topics
from services.control.audit import audit
from services.control.run_models import Marker, MarkerDiff, MarkerTarget
from services.control.runs.book import STEER
from services.control.steer import SQL, Where
from services.kernel.access import Actor
from services.kernel.http import Problem
from services.kernel.kafka import Partition
from services.kernel.kafka_logs import Logs
from services.kernel.postgres import Pool, Row

TAKEN_S = 10.0  # so long a lane may take to put its marker somewhere else
COUNTED = 200_000  # records of a diff whose keys are looked at
Places = dict[Partition, int]


def lane_of(where: Where) -> str:
    return f"{where[1]}.{where[0]}"


async def shown(pool: Pool, logs: Logs, where: Where) -> list[Marker]:
    """As they are mirrored, against the ends of the logs. Raises kafka.Unreachable."""
    rows = await pool.fetch(SQL.markers, lane_of(where))
    ends = await logs.ends(sorted({row["topic"] for row in rows}))
    return [_marker(row, ends.get((row["topic"], row["topic_partition"]))) for row in rows]


def _marker(row: Row, end: int | None) -> Marker:
    return Marker(
        kind=topics.parse(row["topic"])[2],
        topic=row["topic"],
        partition=row["topic_partition"],
        offset=row["next_offset"],
        end=end,
        behind=None if end is None else max(0, end - row["next_offset"]),
        reading_at=row["position"],
        updated_at=row["updated_at"],
    )


async def target(pool: Pool, where: Where, wanted: MarkerTarget) -> Places:
    """Where the markers stood then. Raises Problem 400 `request_invalid`, 404 `run_unknown`."""
    if (wanted.at is None) == (wanted.before_run is None):
        raise Problem(400, "request_invalid", "Say either a moment or a run.")
    if wanted.at is not None:
        rows = await pool.fetch(SQL.at_moment, lane_of(where), wanted.at)
        found = {(row["topic"], row["topic_partition"]): row["next_offset"] for row in rows}
    else:
        rows = await pool.fetch(SQL.run_markers, wanted.before_run, *where)
        if not rows:
            raise Problem(404, "run_unknown", f"There is no run {wanted.before_run} of this channel and direction, or it never began.")
        topic = topics.cee if where[1] == "export" else topics.mobile
        found = {(topic(where[0], row["kind"]), int(n)): at for row in rows for n, at in row["marker_before"].items()}
    return {partition: at for partition, at in found.items() if not wanted.kinds or topics.parse(partition[0])[2] in wanted.kinds}


async def diff(pool: Pool, logs: Logs, where: Where, then: Mapping[Partition, int]) -> list[MarkerDiff]:
    """Partition by partition, with how many objects lie in between. Raises kafka.Unreachable."""
    now = {(row["topic"], row["topic_partition"]): row["next_offset"] for row in await pool.fetch(SQL.markers, lane_of(where))}
    changed = {p: (now[p], at) for p, at in sorted(then.items()) if p in now and now[p] != at}
    counted = await logs.keys_between({p: (min(pair), max(pair)) for p, pair in changed.items()}, COUNTED)
    return [
        MarkerDiff(
            kind=topics.parse(p[0])[2], topic=p[0], partition=p[1], now=before, then=after, offsets=after - before, objects=counted.get(p)
        )
        for p, (before, after) in changed.items()
    ]


async def move(pool: Pool, where: Where, then: Mapping[Partition, int], by: tuple[Actor, str | None]) -> int:
    """Has the lane put its markers there; returns how many moved. Raises Problem 409 `run_overlap`, 503 `lane_away`."""
    lane = lane_of(where)
    grouped: dict[str, dict[str, int]] = defaultdict(dict)
    for (topic, number), offset in then.items():
        grouped[topic][str(number)] = offset
    async with pool.acquire() as connection, connection.transaction():
        if await connection.fetchval(SQL.at_work, *where):
            raise Problem(409, "run_overlap", "A run of this channel and direction is at work; cancel it first.")
        before = {f"{r['topic']}/{r['topic_partition']}": r["next_offset"] for r in await connection.fetch(SQL.markers, lane)}
        orders = {topic: await connection.fetchval(SQL.move, lane, topic, places) for topic, places in grouped.items()}
        after = {f"{topic}/{number}": offset for (topic, number), offset in then.items()}
        about = {name: before[name] for name in after if name in before}
        await audit(connection, by[0], "marker.restore", channel=where[0], object=where[1], reason=by[1], before=about, after=after)
        await connection.execute("select pg_notify($1, '')", STEER)
    for topic, seq in orders.items():
        await _taken(pool, (lane, topic), [int(number) for number in grouped[topic]], seq)
    return len(then)


async def _taken(pool: Pool, place: tuple[str, str], numbers: Sequence[int], seq: int) -> None:
    """The order stands until the lane has taken it: a lane that is away takes it when it is back."""
    try:
        async with asyncio.timeout(TAKEN_S):
            while await pool.fetchval(SQL.moved, *place, numbers, seq):
                await asyncio.sleep(0.05)
    except TimeoutError:
        text = f"The lane {place[0]} has not moved its marker within {TAKEN_S:.0f} s; it will when its process runs and is not detached."
        raise Problem(503, "lane_away", text) from None
    await pool.execute(SQL.forget, *place, seq)
