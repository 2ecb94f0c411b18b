"""The due list: texts, original bytes, retry through the source, discard into the ledger."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator

import orjson
import pytest

from schemas.codes import CODES
from tests.integration.control_world import Operated, World

WAITING = """
insert into ceebus.waiting(channel, kind, key, objectversion, op, body, topic_partition, topic_offset, missing, soft)
values($1, 'articles', $2, 7, 'upsert', $3, 0, 0, '[["master-data", "units/PCS"]]', $4)"""


@pytest.fixture
async def here(control_of_module: Operated, channel: str) -> AsyncIterator[World]:
    async with control_of_module.world(channel) as made:
        yield made


async def waiting(here: World, key: str, soft: bool = False) -> None:
    await here.due("articles", key, "reference_missing", None, ref="master-data/units/PCS")
    await here.ours.execute(WAITING, here.channel, key, b'{"key": "%s"}' % key.encode(), soft)
    await here.ours.execute(
        "insert into ceebus.waiting_for values($1, 'master-data', 'units/PCS', 'articles', $2, $3)", here.channel, key, soft
    )


@pytest.mark.parametrize("language", ["pl", "de", "en"])
async def test_reason_is_told_in_the_language_asked_for(here: World, language: str) -> None:
    await here.due("partners", "1", "field_missing", field="name")
    [row] = (await here.get("/v1/due", channel=here.channel, lang=language))["items"]
    assert row["text"] == getattr(CODES["field_missing"], language).format(field="name")
    assert (row["outcome"], row["attempts"], row["topic_offset"]) == ("quarantined", 3, 41)


async def test_filters_and_pages_of_the_list(here: World) -> None:
    for number in range(5):
        await here.due("partners", str(number), "field_missing" if number % 2 else "field_invalid", exhausted=number == 0)
    await here.due("articles", "a", "reference_missing")
    first = await here.get("/v1/due", channel=here.channel, limit=4)
    rest = await here.get("/v1/due", channel=here.channel, limit=4, cursor=first["next"])
    places = [(row["kind"], row["key"]) for row in first["items"] + rest["items"]]
    assert places == [("articles", "a"), *[("partners", str(number)) for number in range(5)]]

    async def count(**query: object) -> int:
        return len((await here.get("/v1/due", channel=here.channel, **query))["items"])

    assert await count(kind="partners") == 5
    assert await count(code="field_missing") == 2
    assert await count(outcome="waiting") == 1
    assert await count(exhausted=True) == 1
    assert (await here.http.get("/v1/due", params={"cursor": "bm8"})).json()["code"] == "cursor_invalid"
    assert (await here.http.get("/v1/due", params={"kind": "nothing"})).json()["code"] == "kind_unknown"


@pytest.mark.parametrize("raw", [b'{"key": "x"', b"\xff\xfe\x00", b""])
async def test_original_bytes_are_shown_as_they_came(here: World, raw: bytes) -> None:
    key = "a/b c%2F?&#.."
    await here.due("partners", key, "malformed", raw)
    found = await here.get(f"/v1/channels/{here.channel}/due/partners/record", key=key)
    assert base64.b64decode(found["value_base64"]) == raw
    assert found["value"] == (None if raw[:1] == b"\xff" else raw.decode())
    assert found["headers"] == [["ce_id", "x"]]
    assert set(found["texts"]) == {"pl", "de", "en"}


async def test_bytes_of_a_waiting_record_are_those_that_wait(here: World) -> None:
    await waiting(here, "A1")
    found = await here.get(f"/v1/channels/{here.channel}/due/articles/record", key="A1")
    assert orjson.loads(found["value"]) == {"key": "A1"}
    assert found["missing"] == [["master-data", "units/PCS"]]


async def test_retry_asks_the_source_once_and_begins_to_count_anew(here: World) -> None:
    for key in ("1", "2", "3"):
        await here.due("partners", key, "field_missing", exhausted=True)
    path = f"/v1/channels/{here.channel}/due/retry"
    answer = await here.http.post(path, json={"kind": "partners", "keys": ["1", "2", "unknown"]})
    assert (answer.status_code, answer.json()) == (202, {"chosen": 2, "done": 2})
    assert (await here.http.post(path, json={"kind": "partners", "keys": ["2"]})).json() == {"chosen": 1, "done": 0}
    assert await here.wanted() == [("partners", "1", "republish"), ("partners", "2", "republish")]
    rows = await here.ours.fetch("select key, attempts, exhausted from ceebus.due where channel = $1 order by key", here.channel)
    assert [tuple(row) for row in rows] == [("1", 0, False), ("2", 0, False), ("3", 3, True)]
    assert (await here.get("/v1/wanted", channel=here.channel))["items"][0]["reason"] == "operator's retry"


async def test_nothing_is_chosen_by_leaving_everything_out(here: World) -> None:
    await here.due("partners", "1", "field_missing")
    for body in ({}, {"keys": ["1"]}, {"keys": []}, {"kinds": "partners"}):
        answer = await here.http.post(f"/v1/channels/{here.channel}/due/retry", json=body)
        assert answer.status_code == 422, body
    assert await here.wanted() == []


async def test_discarded_record_leaves_the_list_with_its_reason(here: World) -> None:
    await here.due("partners", "1", "field_missing", field="name")
    await here.due("partners", "2", "field_invalid")
    answer = await here.http.post(f"/v1/channels/{here.channel}/due/discard", json={"code": "field_missing", "reason": "test data"})
    assert answer.json() == {"chosen": 1, "done": 1}
    assert [row["key"] for row in (await here.get("/v1/due", channel=here.channel))["items"]] == ["2"]
    row = await here.ours.fetchrow("select key, objectversion, outcome, code, params from ceebus.ledger where channel = $1", here.channel)
    assert tuple(row or ()) == ("1", 7, "discarded", "field_missing", {"field": "name", "reason": "test data"})


async def test_discarded_waiting_record_waits_no_more_but_a_shortened_one_stays(here: World) -> None:
    await waiting(here, "A1")
    await waiting(here, "A2", soft=True)
    await here.http.post(f"/v1/channels/{here.channel}/due/discard", json={"kind": "articles", "reason": "x"})
    for table in ("waiting", "waiting_for"):
        assert [row["key"] for row in await here.ours.fetch(f"select key from ceebus.{table} where channel = $1", here.channel)] == ["A2"]


@pytest.mark.parametrize("action", ["discard", "retry"])
async def test_an_operator_s_action_and_the_feed_s_transactions_come_one_after_the_other(here: World, action: str) -> None:
    await here.feed("partners", "0", 1)
    await here.due("partners", "1", "field_missing")
    async with here.ours.acquire() as feed:
        ours = feed.transaction()
        await ours.start()
        await feed.execute("select from ceebus.feed_position where channel = $1 for no key update", here.channel)
        asked = asyncio.create_task(here.http.post(f"/v1/channels/{here.channel}/due/{action}", json={"kind": "partners", "reason": "x"}))
        await feed.execute("delete from ceebus.due where channel = $1", here.channel)  # a newer version has come through
        done, _ = await asyncio.wait({asked}, timeout=0.5)
        assert not done
        await ours.commit()
    assert (await asked).json() == {"chosen": 0, "done": 0}
    assert await here.ours.fetchval("select count(*) from ceebus.ledger where channel = $1", here.channel) == 0
