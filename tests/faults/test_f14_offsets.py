"""F14: the committed offsets of the exporter's group are gone while its lane is detached; the mirror says where to go on."""

from __future__ import annotations

from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import DeleteGroupsRequest

from services.kernel.kafka_admin import administrator, group_offsets
from services.kernel.settings import Kafka
from tests.faults.form import full_or
from tests.faults.resets import is_empty
from tests.faults.site import CHANNEL, LIMIT_S, Site, day, following, site
from tests.stack import eventually

GROUP = f"ceebus.export.{CHANNEL}"
BASE = f"/v1/channels/{CHANNEL}/export"
ROUNDS = full_or(3, 1)


async def test_lost_offsets_come_back_from_the_mirror(surroundings: dict[str, str], tmp_path: Path, seed: int) -> None:
    async with site(surroundings, tmp_path) as here:
        await here.first_export()
        before = await here.records("export")
        async with following(here):
            for _ in range(ROUNDS):
                async with day(here, seed) as changes:
                    await changes.more(30)
                    await forgotten(here)
                    await changes.more(30)
                await here.drained()
            assert await here.offences() == {}
            # nothing was exported from the beginning again: that would have been the whole company once more
            assert await here.records("export") - before < before
            rows = await here.ours.fetch("select cause from ceebus.marker_history where lane = $1", f"export.{CHANNEL}")
            assert "restored" in {row["cause"] for row in rows}


async def forgotten(here: Site) -> None:
    """The lane is detached while its group is deleted, as after `offsets.retention.minutes`."""
    kafka = here.settings.kafka
    answer = await here.running.http.post(f"{BASE}/hold", json={"reason": "offsets will be lost", "detach": True})
    assert answer.is_success, answer.text
    await eventually(lambda: is_empty(kafka, GROUP), within=LIMIT_S, every=0.1)
    assert await group_offsets(kafka, GROUP) != {}
    await delete(kafka, GROUP)
    assert await group_offsets(kafka, GROUP) == {}
    answer = await here.running.http.post(f"{BASE}/release", json={})
    assert answer.is_success, answer.text


async def delete(settings: Kafka, group: str) -> None:
    name = settings.topic_prefix + group
    async with administrator(settings) as admin:
        assert isinstance(admin, AIOKafkaAdminClient)
        node = await admin.find_coordinator(name)
        answer = await admin._send_request(DeleteGroupsRequest([name]), node)
    assert [code for _, code in answer.results] == [0], answer
