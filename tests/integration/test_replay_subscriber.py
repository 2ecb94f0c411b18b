"""A replay to one subscriber: copies of the export topics on a topic of its own, in order, no faster than asked, over any crash."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from schemas import topics
from schemas.channel import encode_channel
from services.kernel.kafka import partition_for
from services.kernel.kafka_admin import ensure_topics, topic_configs
from services.kernel.settings import Settings
from services.sandbox.supervisor import supervised
from tests.integration.control_world import Operated, World, world
from tests.integration.gateway_world import is_problem
from tests.integration.replay_bed import asked, content, ended, on_topic, publish
from tests.stack import eventually


@pytest.fixture
async def here(control_of_module: Operated, channel: str) -> AsyncIterator[World]:
    async with control_of_module.world(channel) as made:
        await ensure_topics(made.settings.kafka, topics.declared(channel))
        yield made


async def test_copies_are_the_records_as_they_stand_in_the_log(here: World) -> None:
    kafka, channel = here.settings.kafka, here.channel
    await publish(kafka, channel, "partners", range(50), versions=3)
    await publish(kafka, channel, "sales-reps", range(5))
    made = await asked(here, reason="crm lost its database")
    assert (made["topic"], made["total"], made["asked_by"]) == (f"replay.{encode_channel(channel)}.crm", 155, "token")
    done = await ended(here, made["id"])
    assert (done["state"], done["passed"], done["copied"]) == ("completed", 155, 155)
    copies = await on_topic(kafka, made["topic"])
    originals = {
        (r.topic, r.partition, r.offset): r
        for kind in ("partners", "sales-reps")
        for r in await on_topic(kafka, topics.export(channel, kind))
    }
    assert len(copies) == len(originals) == 155
    for copy in copies:
        place = {name.rpartition(".")[2]: value.decode() for name, value in copy.headers if name.startswith("__ceebus.replay.")}
        original = originals.pop((kafka.topic_prefix + place["topic"], int(place["partition"]), int(place["offset"])))
        assert (content(copy), place["timestamp"]) == (content(original), str(original.timestamp))
    assert [copy.value for copy in copies if copy.key == b"K10"][-1] is None
    kinds = [dict(copy.headers)["__ceebus.replay.topic"].rpartition(b".")[2] for copy in copies]
    assert kinds == sorted(kinds, key=lambda kind: topics.KINDS.index(kind.decode()))  # parents first
    config = (await topic_configs(kafka, [made["topic"]]))[made["topic"]]
    assert (config["cleanup.policy"], config["retention.ms"]) == ("delete", str(7 * 24 * 3600 * 1000))


async def test_order_of_a_key_is_kept_over_several_partitions(here: World) -> None:
    await publish(here.settings.kafka, here.channel, "partners", range(40), versions=20)
    made = await asked(here, kinds=["partners"], partitions=3)
    await ended(here, made["id"])
    found: dict[bytes | None, list[tuple[int, int]]] = {}
    for copy in await on_topic(here.settings.kafka, made["topic"]):
        found.setdefault(copy.key, []).append((copy.partition, int(dict(copy.headers)["ce_objectversion"])))
    assert len({place for places in found.values() for place, _ in places}) == 3
    for key, places in found.items():
        assert places == [(partition_for(key or b"", 3), version) for version in range(1, 21)]


async def test_only_what_was_published_since_is_copied_and_nothing_that_comes_later(here: World) -> None:
    kafka, channel = here.settings.kafka, here.channel
    await publish(kafka, channel, "partners", range(10))
    old = max(record.timestamp for record in await on_topic(kafka, topics.export(channel, "partners")))
    await eventually(lambda: time.time() * 1000 > old + 1_500)
    since = datetime.now(UTC)
    await publish(kafka, channel, "partners", range(100, 130))
    made = await asked(here, kinds=["partners"], since=since.isoformat(), rate=20)
    await publish(kafka, channel, "partners", range(200, 210))
    done = await ended(here, made["id"])
    assert (done["total"], done["copied"]) == (30, 30)
    assert {copy.key for copy in await on_topic(kafka, made["topic"])} == {b"K%d" % number for number in range(100, 130)}


async def test_rate_is_a_cap_and_a_cancelled_replay_keeps_what_it_copied(here: World) -> None:
    await publish(here.settings.kafka, here.channel, "articles", range(1_000))
    began = time.monotonic()
    made = await asked(here, kinds=["articles"], rate=200)
    path = f"/v1/channels/{here.channel}/replays"
    assert is_problem(await here.http.post(path, json={"name": "crm"}), 409, "replay_running")
    await eventually(lambda: progress(here, made, 400), within=30)
    # the first batch, of a second's records, is free
    assert time.monotonic() - began >= (400 / 200) - 1
    answer = await here.http.post(f"{path}/{made['id']}/cancel")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert is_problem(await here.http.post(f"{path}/{made['id']}/cancel"), 409, "replay_ended")
    again = await asked(here, kinds=["articles"], since=datetime.now(UTC).isoformat())
    await ended(here, again["id"])
    assert 400 <= len(await on_topic(here.settings.kafka, made["topic"])) < 1_000
    listed = await here.get(path)
    assert [(row["id"], row["state"]) for row in listed["items"]] == [(again["id"], "completed"), (made["id"], "cancelled")]
    first = await here.get(path, limit=1)
    assert [row["id"] for row in (await here.get(path, limit=1, cursor=first["next"]))["items"]] == [made["id"]]


async def progress(here: World, made: dict[str, Any], passed: int) -> bool:
    found = await here.get(f"/v1/channels/{here.channel}/replays/{made['id']}")
    return bool(found["passed"] >= passed)


async def test_killed_control_goes_on_at_the_checkpoint(
    environment: dict[str, str], settings: Settings, channel: str, tmp_path: Path
) -> None:
    """Nothing is missing; what comes twice is at most what one batch holds."""
    rate, records = 400, 2_000
    environment = environment | {"CEEBUS_HOME": str(tmp_path)}
    async with world(environment, tmp_path, channel) as here:  # for the company; its control ends here
        kafka = here.settings.kafka
        await ensure_topics(kafka, topics.declared(channel))
        await publish(kafka, channel, "articles", range(records))
    headers = {"authorization": f"Bearer {here.settings.operator_token}"}
    async with (
        supervised(("control",), environment) as supervisor,
        httpx.AsyncClient(base_url=here.settings.control.url, headers=headers, trust_env=False, timeout=30) as http,
    ):
        path = f"/v1/channels/{channel}/replays"

        async def found() -> dict[str, Any]:
            try:
                answer = await http.get(f"{path}/{replay}")
            except httpx.TransportError:  # between two lives
                return {"passed": 0, "state": "unknown"}
            return dict(answer.json())

        answer = await http.post(path, json={"name": "crm", "kinds": ["articles"], "rate": rate})
        assert answer.status_code == 202, answer.text
        replay = answer.json()["id"]
        for passed in (rate, 3 * rate):

            async def is_there(wanted: int = passed) -> bool:
                return bool((await found())["passed"] >= wanted)

            await eventually(is_there, within=60)
            supervisor.kill("control")

        async def completed() -> bool:
            return bool((await found())["state"] == "completed")

        await eventually(completed, within=60)
    copies = [copy.key for copy in await on_topic(kafka, answer.json()["topic"])]
    assert len(set(copies)) == records
    assert len(copies) - records <= 2 * rate
