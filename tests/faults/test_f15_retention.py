"""F15: records are deleted below a marker. A gap is said within a minute, only the kind concerned is read again, and all converges."""

from __future__ import annotations

from pathlib import Path

from aiokafka import TopicPartition
from aiokafka.admin import RecordsToDelete

from schemas.topics import COMPACTED
from services.kernel.kafka_admin import administrator, alter_topic, log_bounds
from tests.faults.form import full_or
from tests.faults.resets import is_empty
from tests.faults.site import CHANNEL, LIMIT_S, Site, day, following, site
from tests.stack import eventually

GROUP = f"ceebus.export.{CHANNEL}"
BASE = f"/v1/channels/{CHANNEL}/export"
TOPIC = f"cee.{CHANNEL}.partners"
ROUNDS = full_or(3, 1)


async def test_what_retention_took_is_read_again_from_cee(surroundings: dict[str, str], tmp_path: Path, seed: int) -> None:
    async with site(surroundings, tmp_path) as here:
        await here.first_export()
        async with following(here):
            for _ in range(ROUNDS):
                await post(here, f"{BASE}/hold", {"reason": "away for too long", "detach": True})
                await eventually(lambda: is_empty(here.settings.kafka, GROUP), within=LIMIT_S, every=0.1)
                async with day(here, seed) as changes:
                    await changes.more(60)
                    await here.cee.execute("update cee.partner set name = name || ' II'")
                    await eventually(lambda: lag(here), within=LIMIT_S)
                await delete_all(here)
                snapshots = await here.cee.fetchval("select coalesce(max(id), 0) from ceebus.snapshot")
                await post(here, f"{BASE}/release", {})
                sql = "select array_agg(distinct kind) from ceebus.snapshot where id > $1"
                again = await eventually(lambda: here.cee.fetchval(sql, snapshots), within=60)  # noqa: B023
                assert again == ["partners"]
                await here.drained()
            assert await here.offences() == {}
            rows = await here.ours.fetch("select cause, topic from ceebus.marker_history where lane = $1", f"export.{CHANNEL}")
            assert ("gap", TOPIC) in {(row["cause"], row["topic"]) for row in rows}
            assert {row["topic"] for row in rows if row["cause"] == "gap"} == {TOPIC}


async def lag(here: Site) -> bool:
    ends = await log_bounds(here.settings.kafka, [(TOPIC, n) for n in range(4)])
    sql = "select topic_partition, next_offset from ceebus.lane_offset where lane = $1 and topic = $2"
    rows = {r["topic_partition"]: r["next_offset"] for r in await here.ours.fetch(sql, f"export.{CHANNEL}", TOPIC)}
    return all(end > rows.get(number, 0) for (_, number), (_, end) in ends.items())


async def delete_all(here: Site) -> None:
    """As retention does it: the log begins at its end. Kafka does so by hand only where a topic deletes at all."""
    prefix = here.settings.kafka.topic_prefix
    await alter_topic(here.settings.kafka, TOPIC, COMPACTED | {"cleanup.policy": "compact,delete", "retention.ms": "-1"})
    bounds = await log_bounds(here.settings.kafka, [(TOPIC, n) for n in range(4)])
    async with administrator(here.settings.kafka) as admin:
        await admin.delete_records({TopicPartition(prefix + topic, n): RecordsToDelete(end) for (topic, n), (_, end) in bounds.items()})


async def post(here: Site, path: str, body: dict[str, object]) -> None:
    answer = await here.running.http.post(path, json=body)
    assert answer.is_success, answer.text
