"""Uploads at control: figures by kind, the answers, the list of what waits, and what is asked of the writer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from schemas import topics
from schemas.codes import CODES
from services.kernel.kafka import Outgoing, producer
from services.kernel.kafka_admin import ensure_topics
from tests.integration.control_world import Operated, World, world
from tests.integration.feed_broker import publish_channel
from tests.integration.import_world import kept, upload
from tests.stack import eventually


@pytest.fixture
async def here(control_of_module: Operated, channel: str) -> AsyncIterator[World]:
    async with control_of_module.world(channel) as made:
        yield made


async def test_uploads_are_counted_by_kind_and_outcome_in_import_order(here: World) -> None:
    await upload(here, "partners", warned=["field_read_only"])
    await upload(here, "partners", "waiting", "warning_not_confirmed", age=5)
    await upload(here, "documents", "conflict", "content_conflict")
    await upload(here, "visits", "quarantined", "attempts_exhausted", count=5)
    found = await here.get(f"/v1/channels/{here.channel}/imports")
    kinds = {row["kind"]: row for row in found["kinds"]}
    assert list(kinds) == ["partners", "documents", "attachments", "visits"]
    assert [kinds["partners"][name] for name in ("uploaded", "imported", "waiting", "warned")] == [2, 1, 1, 1]
    assert (kinds["documents"]["conflict"], kinds["visits"]["quarantined"], kinds["attachments"]["uploaded"]) == (1, 1, 0)
    assert kinds["partners"]["codes"] == {"warning_not_confirmed": 1}
    assert kinds["partners"]["waiting_age_s"] >= 300
    assert kinds["documents"]["waiting_age_s"] is None


async def test_what_is_on_its_way_is_counted_and_disturbs_no_figure_of_the_export(here: World) -> None:
    await ensure_topics(here.settings.kafka, topics.declared(here.channel))
    names = [topics.mobile(here.channel, "visits")] * 3 + [topics.importing(here.channel, "visits"), topics.results(here.channel)]
    async with producer(here.settings.kafka, "test") as out:
        await out.send_all([Outgoing(name, 0, b"k", b"{}", []) for name in names])
    found = await here.get(f"/v1/channels/{here.channel}/imports")
    visits = found["kinds"][3]
    assert (visits["importer_lag"], visits["writer_lag"], found["results_lag"], found["away"]) == (3, 1, 1, [])
    export = await here.get(f"/v1/channels/{here.channel}/status")
    assert (export["outcomes_lag"], export["outcomes_records"]) == (0, 0)


@pytest.mark.parametrize("language", ["pl", "de", "en"])
async def test_answers_are_listed_newest_first_with_their_texts(here: World, language: str) -> None:
    old = await upload(here, age=10, number="20001")
    new = await upload(here, "documents", "rejected", "field_missing", field="rep", warned=["field_read_only"])
    items = (await here.get(f"/v1/channels/{here.channel}/results", lang=language))["items"]
    assert [row["source_id"] for row in items] == [str(new), str(old)]
    assert items[0]["text"] == getattr(CODES["field_missing"], language).format(field="rep")
    assert items[0]["warnings"][0]["text"] == getattr(CODES["field_read_only"], language).format(field="status")
    assert (items[1]["number"], items[1]["text"], items[1]["final"]) == ("20001", None, True)


async def test_filters_and_pages_of_the_answers(here: World) -> None:
    for minute in range(5):
        await upload(here, age=minute)
    waiting = await upload(here, "documents", "waiting", "partner_missing", sender="management/m1", age=7)
    await upload(here, "documents", warned=["price_outdated"], age=9)
    path = f"/v1/channels/{here.channel}/results"
    first = await here.get(path, limit=4)
    rest = await here.get(path, limit=4, cursor=first["next"])
    assert len({row["source_id"] for row in first["items"] + rest["items"]}) == 7
    assert rest["next"] is None

    async def count(**query: object) -> int:
        return len((await here.get(path, **query))["items"])

    assert await count(kind="documents") == 2
    assert await count(sender="management/m1") == await count(code="partner_missing") == await count(final=False) == 1
    assert await count(code="price_outdated") == await count(outcome="imported", kind="documents") == 1
    assert await count(final=True) == 6
    assert (await here.get(path, final=False))["items"][0]["source_id"] == str(waiting)
    assert (await here.http.get(path, params={"kind": "articles"})).json()["code"] == "kind_unknown"
    assert (await here.http.get(path, params={"cursor": "bm8"})).json()["code"] == "cursor_invalid"


async def test_uploads_that_wait_are_due_besides_records_on_their_way_out(here: World) -> None:
    await here.due("articles", "a", "reference_missing")
    await here.due("partners", "p", "field_missing")
    source = await upload(here, "documents", "waiting", "partner_missing", partner="x")
    await upload(here, "documents", "waiting", "partner_missing", source=source, revision=2)
    await upload(here, "documents", "waiting", "partner_missing", source=source, revision=2, sender="device/D2")
    await upload(here, "visits", "quarantined", "attempts_exhausted", count=5)
    await upload(here, "documents")
    seen: list[tuple[str, int, str | None]] = []
    page = await here.get("/v1/due", channel=here.channel, limit=1)
    while True:
        seen += [(row["kind"], row["objectversion"], row["sender"]) for row in page["items"]]
        if page["next"] is None:
            break
        page = await here.get("/v1/due", channel=here.channel, limit=1, cursor=page["next"])
    waiting = [("import/documents", 1, "device/D1"), ("import/documents", 2, "device/D1"), ("import/documents", 2, "device/D2")]
    assert seen == [("articles", 7, None), *waiting, ("import/visits", 1, "device/D1"), ("partners", 7, None)]
    [row] = (await here.get("/v1/due", channel=here.channel, kind="import/visits"))["items"]
    assert (row["exhausted"], row["attempts"], row["outcome"]) == (True, 5, "quarantined")
    assert len((await here.get("/v1/due", channel=here.channel, exhausted=False, kind="import/documents"))["items"]) == 3


async def test_a_waiting_upload_is_shown_as_it_came(here: World) -> None:
    identity = uuid4()
    source = await upload(here, "documents", "waiting", "partner_missing", identity=identity, partner="x")
    await kept(here, "documents", source, identity, "partner_missing", {"mobile_number": "ZS-1"})
    found = await here.get(f"/v1/channels/{here.channel}/imports/documents/record", key=str(source))
    [item] = found["items"]
    assert (item["value"], item["headers"], item["confirmed"], found["away"]) == ('{"mobile_number":"ZS-1"}', [["ce_id", "x"]], False, [])
    assert set(item["texts"]) == {"pl", "de", "en"}
    answer = await here.http.get(f"/v1/channels/{here.channel}/imports/visits/record", params={"key": str(source)})
    assert (answer.status_code, answer.json()["code"]) == (404, "due_unknown")
    answer = await here.http.get(f"/v1/channels/{here.channel}/imports/visits/record", params={"key": "x"})
    assert answer.status_code == 422


async def test_a_waiting_upload_is_shown_without_its_bytes_when_cee_is_away(
    environment: dict[str, str], tmp_path: Path, channel: str
) -> None:
    async with world(environment, tmp_path, channel, cee_away=True) as here:
        await publish_channel(here.settings, channel)
        source = await upload(here, "visits", "waiting", "partner_missing", partner="x")

        async def shown() -> httpx.Response | None:
            answer = await here.http.get(f"/v1/channels/{channel}/imports/visits/record", params={"key": str(source)})
            return answer if answer.status_code == 200 else None

        found = (await eventually(shown, within=20)).json()
        assert (found["items"][0]["code"], found["items"][0]["value"], len(found["away"])) == ("partner_missing", None, 1)


async def test_the_writer_is_asked_once_for_each_object(here: World) -> None:
    source = await upload(here, "documents", "waiting", "partner_missing")
    await upload(here, "documents", "waiting", "partner_missing", source=source, revision=2)
    await upload(here, "documents")
    path = f"/v1/channels/{here.channel}/due/retry"
    body = {"kind": "import/documents", "keys": [str(source).upper(), str(uuid4())]}
    answer = await here.http.post(path, json=body)
    assert (answer.status_code, answer.json()) == (202, {"chosen": 1, "done": 1})
    assert (await here.http.post(path, json=body)).json() == {"chosen": 1, "done": 0}
    assert await here.wanted() == [("import/documents", str(source), "retry")]


async def test_only_what_waits_for_confirmation_is_confirmed(here: World) -> None:
    warned = await upload(here, "partners", "waiting", "warning_not_confirmed")
    await upload(here, "partners", "waiting", "rep_missing")
    path = f"/v1/channels/{here.channel}/due/confirm"
    assert (await here.http.post(path, json={"kind": "import/partners"})).json() == {"chosen": 1, "done": 1}
    assert (await here.http.post(path, json={"code": "rep_missing"})).json() == {"chosen": 0, "done": 0}
    assert await here.wanted() == [("import/partners", str(warned), "confirm")]


async def test_discard_goes_to_the_writer_with_its_reason(here: World) -> None:
    source = await upload(here, "visits", "waiting", "partner_missing")
    await here.due("partners", "1", "partner_missing")
    body = {"code": "partner_missing", "reason": "test data"}
    assert (await here.http.post(f"/v1/channels/{here.channel}/due/discard", json=body)).json() == {"chosen": 2, "done": 2}
    row = await here.ours.fetchrow("select kind, key, action, reason from ceebus.wanted where channel = $1", here.channel)
    assert tuple(row or ()) == ("import/visits", str(source), "discard", "test data")


async def test_a_parked_answer_is_discarded_but_not_asked_for_again(here: World) -> None:
    await here.due("results", "device/D1/x/1", "malformed")
    answer = await here.http.post(f"/v1/channels/{here.channel}/due/retry", json={"kind": "results"})
    assert (answer.status_code, answer.json()["code"]) == (409, "answer_final")
    assert (await here.http.post(f"/v1/channels/{here.channel}/due/retry", json={"code": "malformed"})).json()["done"] == 0
    assert await here.wanted() == []
    found = await here.get(f"/v1/channels/{here.channel}/due/results/record", key="device/D1/x/1")
    assert found["code"] == "malformed"
    body = {"kind": "results", "reason": "seen"}
    assert (await here.http.post(f"/v1/channels/{here.channel}/due/discard", json=body)).json() == {"chosen": 1, "done": 1}
