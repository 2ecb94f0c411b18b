"""Changes of a known age on their way to the feed and to devices, and the figures control makes of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson

from schemas import topics
from schemas.channel import Channel
from schemas.envelope import Headers, cee_headers
from services.kernel.kafka import Outgoing, producer
from tests.integration.control_world import World
from tests.stack import eventually

MINUTE = 60.0


async def ages(here: World) -> dict[str, tuple[float | None, float | None]]:
    found = await here.get(f"/v1/channels/{here.channel}/status", fresh=True)
    return {row["kind"]: (row["feed_age_s"], row["device_age_s"]) for row in found["kinds"]}


async def behind_by(here: World, device: str) -> float | None:
    found = await here.get(f"/v1/devices/{device}")
    age: float | None = found["behind_s"]
    return age


def is_about(age: float | None, minutes: float) -> bool:
    """The roles of this test take well below a minute."""
    return age is not None and minutes * MINUTE - 1 <= age < (minutes + 1) * MINUTE


def ago(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


async def send(here: World, topic: str, partition: int, *moments: datetime | None) -> None:
    """Records whose changes were committed in CEE at these moments; None: one of a snapshot."""
    headers: list[Headers] = [[("ce_time", at.isoformat().encode())] if at else [] for at in moments]
    async with producer(here.settings.kafka, "test") as out:
        await out.send_all([Outgoing(topic, partition, b"k", b"{}", own) for own in headers])


async def reach(here: World, lane: str, topic: str, partition: int, offset: int) -> None:
    put = (
        "insert into ceebus.lane_offset(lane, topic, topic_partition, next_offset) values($1, $2, $3, $4)"
        " on conflict (lane, topic, topic_partition) do update set next_offset = excluded.next_offset"
    )
    await here.ours.execute(put, lane, topic, partition, offset)


async def row(here: World, kind: str, key: str, position: int, minutes: float, *reps: str) -> None:
    """A row of the feed whose change is so old; for `reps` only, else for the whole channel."""
    await here.feed(kind, key, position)
    set_ = "update ceebus.feed set event_at = $1, audience = $2 where channel = $3 and kind = $4 and key = $5"
    await here.ours.execute(set_, ago(minutes), list(reps) or None, here.channel, kind, key)


async def device(here: World, name: str, rep: str, data: int | None, attachments: int = 0, enrolled: float = 1000) -> str:
    """An active device that has acknowledged these positions, or nothing."""
    made = f"{name}-{here.channel}"
    await here.ours.execute(
        "insert into ceebus.device(id, channel, rep, state, enrolled_at) values($1, $2, $3, 'active', $4)",
        made,
        here.channel,
        rep,
        ago(enrolled),
    )
    if data is not None:
        put = (
            "insert into ceebus.device_ack(device, channel, data_position, attachments_position, feed_epoch)"
            " select $1, $2, $3, $4, epoch from ceebus.feed_position where channel = $2"
        )
        await here.ours.execute(put, made, here.channel, data, attachments)
    return made


async def on_the_bus(here: World) -> None:
    """The channel is published and active, as the source would have it."""
    body = await here.cee.fetchval("select body from cee.mobile_channels where channel = $1", here.channel)
    value = Channel.model_validate_json(orjson.dumps(body | {"id": here.channel, "active": True})).model_dump_json().encode()
    headers = cee_headers("channels", here.channel, 1, b"/cee/test")
    async with producer(here.settings.kafka, "test") as out:
        await out.send_all([Outgoing(topics.CHANNELS, 0, here.channel.encode(), value, headers)])

    async def is_known() -> bool:
        return here.channel in [row["id"] for row in (await here.get("/v1/channels"))["items"] if row["on_bus"]]

    await eventually(is_known, within=30)


async def gauges(here: World) -> dict[tuple[str, str], float]:
    """(kind, stage) -> seconds, of this channel."""
    text = (await here.http.get("/metrics")).text
    lines = [line for line in text.splitlines() if line.startswith("ceebus_freshness_seconds{") and f'channel="{here.channel}"' in line]
    return {
        (line.partition('kind="')[2].partition('"')[0], line.partition('stage="')[2].partition('"')[0]): float(line.split()[-1])
        for line in lines
    }
