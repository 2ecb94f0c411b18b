"""Records as the exporter writes them, replays of them, and what stands on a topic afterwards."""

from __future__ import annotations

from typing import Any

from schemas import topics
from services.kernel.kafka import Outgoing, Record, partition_for, producer
from services.kernel.kafka_admin import log_bounds, topics_present
from services.kernel.kafka_read import read_between
from services.kernel.settings import Kafka
from tests.integration.control_world import World
from tests.stack import eventually

ENDED = {"completed", "failed", "cancelled"}


async def publish(kafka: Kafka, channel: str, kind: str, keys: range, versions: int = 1) -> None:
    """Records as the exporter writes them; the last version of every tenth key is a tombstone."""
    topic, spread = topics.export(channel, kind), {spec.name: spec.partitions for spec in topics.declared(channel)}
    records = []
    for version in range(1, versions + 1):
        for key in (f"K{number}".encode() for number in keys):
            headers = [("ce_id", key + b"@%d" % version), ("ce_time", b"2026-03-02T10:15:00.000Z"), ("ce_objectversion", b"%d" % version)]
            value = None if version == versions > 1 and key.endswith(b"0") else b'{"kind":"%b"}' % kind.encode()
            records.append(Outgoing(topic, partition_for(key, spread[topic]), key, value, headers))
    async with producer(kafka, "test") as out:
        await out.send_all(records)


async def on_topic(kafka: Kafka, topic: str) -> list[Record]:
    """All records of a topic."""
    partitions = [(topic, number) for number in range((await topics_present(kafka)).get(topic, 0))]
    bounds = await log_bounds(kafka, partitions)
    return [record async for batch in read_between(kafka, bounds, "test", 1_000) for records, _ in batch.values() for record in records]


async def asked(here: World, name: str = "crm", **more: Any) -> dict[str, Any]:
    answer = await here.http.post(f"/v1/channels/{here.channel}/replays", json={"name": name, **more})
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


async def ended(here: World, replay: str, within: float = 60) -> dict[str, Any]:
    async def over() -> dict[str, Any] | None:
        found = await here.get(f"/v1/channels/{here.channel}/replays/{replay}")
        return dict(found) if found["state"] in ENDED else None

    found = await eventually(over, within=within)
    assert found is not None
    return found


def content(record: Record) -> tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]:
    own = [(name, value) for name, value in record.headers if not name.startswith("__ceebus.replay.")]
    return record.key, record.value, own
