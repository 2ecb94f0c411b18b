"""Control's HTTP: who may ask, how errors look, channels and the sources of their kinds, the API's description."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from schemas.topics import KINDS
from tests.integration.control_world import Operated, World


@pytest.fixture
async def here(control_of_module: Operated, channel: str) -> AsyncIterator[World]:
    async with control_of_module.world(channel) as made:
        yield made


async def test_every_route_but_the_probes_needs_the_operator_s_token(here: World) -> None:
    paths = (await here.get("/openapi.json"))["paths"]
    asked = [(method, path) for path, methods in paths.items() if path.startswith("/v1/") for method in methods]
    assert len(asked) > 12
    async with httpx.AsyncClient(base_url=here.settings.control.url, trust_env=False) as nobody:
        for method, path in asked:
            for headers, status, code in (({}, 401, "unauthenticated"), ({"authorization": "Bearer no"}, 403, "token_refused")):
                answer = await nobody.request(method, path, headers=headers, json={})
                assert (answer.status_code, answer.json()["code"]) == (status, code), (method, path)
        for path in ("/livez", "/readyz", "/metrics"):
            assert (await nobody.get(path)).status_code == 200


async def test_description_is_openapi_3_1_and_names_problems(here: World) -> None:
    found = await here.get("/openapi.json")
    assert found["openapi"].startswith("3.1")
    for path, methods in found["paths"].items():
        for method, described in methods.items():
            if path.startswith("/v1/"):
                assert "application/problem+json" in described["responses"]["401"]["content"], (method, path)
                assert described["security"], (method, path)
                assert described["summary"], (method, path)


async def test_channel_is_shown_as_cee_states_it(here: World) -> None:
    [line] = [row for row in (await here.get("/v1/channels"))["items"] if row["id"] == here.channel]
    assert (line["active"], line["currency"], line["in_cee"], line["on_bus"], line["invalid"]) == (False, "PLN", True, False, None)
    found = await here.get(f"/v1/channels/{here.channel}")
    assert found["settings"]["availability_warehouses"] == [f"W{here.channel}"]
    assert found["sources"] == dict.fromkeys(KINDS, "cee")
    await here.cee.execute("update cee.channel set currency = 'zloty' where id = $1", here.channel)
    found = await here.get(f"/v1/channels/{here.channel}")
    assert "currency" in found["invalid"]


@pytest.mark.parametrize(
    "path", ["channels/{}", "channels/{}/status", "channels/{}/snapshots", "channels/{}/lag", "channels/{}/rejected", "due?channel={}"]
)
async def test_unknown_channel_is_a_problem_that_names_the_known_ones(here: World, path: str) -> None:
    answer = await here.http.get("/v1/" + path.format("%3F%3F"))
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["type"] == "urn:ceebus:problem:channel_unknown"
    assert here.channel in answer.json()["detail"]


async def test_kind_given_back_to_cee_is_read_again_once(here: World) -> None:
    path = f"/v1/channels/{here.channel}/sources/partners"
    assert (await here.http.put(path, json={"source": "cee"})).json() == {"kind": "partners", "source": "cee"}
    assert await here.wanted() == []
    await here.http.put(path, json={"source": "ingest"})
    assert (await here.get(f"/v1/channels/{here.channel}"))["sources"]["partners"] == "ingest"
    status = {row["kind"]: row for row in (await here.get(f"/v1/channels/{here.channel}/status"))["kinds"]}
    assert (status["partners"]["source"], status["partners"]["in_cee"], status["articles"]["in_cee"]) == ("ingest", None, 2)
    for _ in range(2):
        await here.http.put(path, json={"source": "cee"})
    assert await here.wanted() == [("partners", "", "snapshot")]
    assert (await here.http.put(path, json={"source": "fax"})).status_code == 422
    assert (await here.http.put(path.replace("partners", "orders"), json={"source": "cee"})).json()["code"] == "kind_unknown"


async def test_refused_lines_of_an_ingest_are_shown_the_newest_first(here: World) -> None:
    put = "insert into ceebus.ingest_rejected(channel, kind, line, code, params, raw) values($1, 'partners', $2, 'field_missing', $3, $4)"
    for line, raw in ((1, b"{}"), (2, b"\xff")):
        await here.ours.execute(put, here.channel, line, {"field": "name"}, raw)
    found = (await here.get(f"/v1/channels/{here.channel}/rejected", kind="partners"))["items"]
    assert (await here.get(f"/v1/channels/{here.channel}/rejected", kind="articles"))["items"] == []
    assert [(row["line"], row["raw"], row["text"]) for row in found] == [
        (2, None, "Required field name is missing."),
        (1, "{}", "Required field name is missing."),
    ]
