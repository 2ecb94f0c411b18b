"""A replay to one subscriber, as it is asked for: which offsets of which topics, up to where the logs end now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from uuid import UUID, uuid4

from schemas import topics
from schemas.topics import KINDS
from services.control.audit import audit
from services.control.parts import Parts, known_kind
from services.control.replays.models import AskReplay, Place, Replay, ReplayDetail
from services.kernel.access import Actor
from services.kernel.http import Problem
from services.kernel.kafka import Partition, Unreachable
from services.kernel.kafka_admin import ensure_topics, log_since, topics_present
from services.kernel.postgres import Queries, Row

SQL = Queries(Path(__file__).with_name("subscriber.sql"))
MARGIN_MS = 1_000  # brokers have clocks of their own: rather a record too many than one too few (T32)


async def ask(parts: Parts, channel: str, asked: AskReplay, actor: Actor) -> Replay:
    """Makes the topic and notes what is to be copied. Raises Problem 404 `kind_unknown`, 409 `replay_running`, 503 `not_reachable`."""
    kinds = [kind for kind in KINDS if kind in {known_kind(one) for one in asked.kinds or KINDS}]
    try:
        partitions, places = await _reach(parts, channel, asked, kinds)
    except Unreachable as error:
        raise Problem(503, "not_reachable", str(error)) from error
    replay = uuid4()
    async with parts.pool.acquire() as connection, connection.transaction():
        about = (kinds, asked.since, asked.rate, partitions, asked.reason, actor.id)
        if await connection.fetchval(SQL.ask, replay, channel, asked.name, *about) is None:
            text = f"A replay to {asked.name} of channel {channel} is at work. Let it end, or cancel it."
            raise Problem(409, "replay_running", text)
        columns = ([topic for topic, _ in places], [n for _, n in places], [low for low, _ in places.values()])
        await connection.execute(SQL.ask_places, replay, *columns, [high for _, high in places.values()])
        after = {"name": asked.name, "kinds": kinds, "since": asked.since, "rate": asked.rate}
        await audit(connection, actor, "replay.subscriber", channel=channel, object=str(replay), reason=asked.reason, after=after)
    return await one(parts, channel, replay)


async def _reach(parts: Parts, channel: str, asked: AskReplay, kinds: list[str]) -> tuple[int, Mapping[Partition, tuple[int, int]]]:
    """Partitions of the subscriber's topic, and by partition of the kinds' topics what is to be copied."""
    kafka = parts.settings.kafka
    present = await topics_present(kafka)
    spec = topics.replayed(channel, asked.name, asked.partitions)
    if spec.name not in present:
        await ensure_topics(kafka, [spec])
    named = [topics.export(channel, kind) for kind in kinds]
    partitions = [(topic, n) for topic in named for n in range(present.get(topic, 0))]
    since_ms = None if asked.since is None else max(int(asked.since.timestamp() * 1000) - MARGIN_MS, 0)
    return present.get(spec.name, asked.partitions), await log_since(kafka, partitions, since_ms) if partitions else {}


async def one(parts: Parts, channel: str, replay: UUID) -> ReplayDetail:
    """Raises Problem 404 `replay_unknown`."""
    row = await parts.pool.fetchrow(SQL.one, replay)
    if row is None or row["channel"] != channel:
        raise Problem(404, "replay_unknown", f"Channel {channel} has no replay {replay}.")
    places = [Place(**dict(place)) for place in await parts.pool.fetch(SQL.places, replay)]
    return ReplayDetail(**_fields(row), places=places)


async def cancel(parts: Parts, place: tuple[str, UUID], actor: Actor, reason: str | None) -> ReplayDetail:
    """`place`: channel and replay. Raises Problem 404 `replay_unknown`, 409 `replay_ended`."""
    channel, replay = place
    before = await one(parts, channel, replay)
    async with parts.pool.acquire() as connection, connection.transaction():
        ended = await connection.fetchval(SQL.cancel, replay) is None
        if not ended:
            states = {"before": {"state": before.state}, "after": {"state": "cancelled"}}
            await audit(connection, actor, "replay.cancel", channel=channel, object=str(replay), reason=reason, **states)
    found = await one(parts, channel, replay)
    if ended:
        raise Problem(409, "replay_ended", f"Replay {replay} has ended: {found.state}.")
    return found


def line(row: Row) -> Replay:
    """A row of the list."""
    return Replay(**_fields(row))


def _fields(row: Row) -> dict[str, object]:
    return dict(row) | {"topic": topics.replay(row["channel"], row["name"])}
