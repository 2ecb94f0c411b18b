"""Ingest by HTTP: good lines are published, bad ones reported and kept, and nobody else's kinds can be written to."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from schemas.cee.attachments import Attachment
from schemas.cee.partners import Partner
from services.kernel.tokens import new_token, token_hash
from services.sandbox.stack import Stack
from tests.source_bed import Bed, object_version, small_cee, source_task
from tests.stack import eventually

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100


@pytest.fixture
async def bed(stack: Stack, tmp_path: Path, channel: str) -> AsyncIterator[Bed]:
    async with small_cee(stack, tmp_path) as made:
        await made.add_channel(channel)
        for kind in ("partners", "attachments"):
            await made.ours.execute("insert into ceebus.channel_source values($1, $2, 'ingest')", channel, kind)
        async with source_task(made.settings):
            await eventually(lambda: made.settings_are(channel, active=True))
            yield made


@pytest.fixture
async def client(bed: Bed) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"authorization": "Bearer operator"}
    async with httpx.AsyncClient(base_url=bed.settings.source.url, headers=headers, timeout=30) as made:
        yield made


def partner(channel: str, number: str, **fields: Any) -> dict[str, Any]:
    return Partner.example | {"channel": channel, "key": number, "number": number} | fields


def ndjson(*lines: Any) -> bytes:
    return b"\n".join(line if isinstance(line, bytes) else orjson.dumps(line) for line in lines)


async def send(client: httpx.AsyncClient, channel: str, body: bytes, kind: str = "partners", **query: Any) -> dict[str, Any]:
    answer = await client.post(f"/v1/channels/{channel}/changes/{kind}", content=body, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def test_good_lines_are_published_bad_ones_reported_and_kept(bed: Bed, client: httpx.AsyncClient, channel: str) -> None:
    nameless = {name: value for name, value in partner(channel, "K3").items() if name != "name"}
    lines = [
        partner(channel, "K1", name="Łódź"),
        b"{not json",
        b"",
        nameless,
        partner(channel, "K4", name="x" * 121),
        partner("ZZ", "K5"),
        partner(channel, "K6", kind="articles"),
        partner(channel, "K7", key="another"),
        partner(channel, "K8"),
        partner(channel, "K9", extra="x" * 1_100_000),
    ]
    answer = await send(client, channel, ndjson(*lines))
    assert (answer["accepted"], answer["rejected"]) == (2, 7)
    found = [(line["line"], line["field"], line["code"]) for line in answer["lines"]]
    assert found == [
        (2, None, "malformed"),
        (4, "name", "field_missing"),
        (5, "name", "field_too_long"),
        (6, None, "channel_unknown"),
        (7, None, "kind_unknown"),
        (8, "key", "field_invalid"),
        (10, None, "record_too_large"),
    ]
    newest = await bed.newest(channel, "partners")
    assert set(newest) == {"K1", "K8"}  # acknowledged before the answer
    assert (newest["K1"] or {})["name"] == "Łódź"
    kept = await bed.ours.fetch("select line, code, raw from ceebus.ingest_rejected where channel = $1 order by line", channel)
    assert [(row["line"], row["code"]) for row in kept] == [(line, code) for line, _, code in found]
    assert kept[0]["raw"] == b"{not json"


async def test_all_or_nothing_publishes_nothing_when_a_line_is_bad(bed: Bed, client: httpx.AsyncClient, channel: str) -> None:
    good, bad = partner(channel, "K1"), b"[]"
    assert (await send(client, channel, ndjson(good, bad), all_or_nothing=True))["accepted"] == 0
    assert await bed.newest(channel, "partners") == {}
    assert (await send(client, channel, ndjson(good), all_or_nothing=True))["accepted"] == 1
    assert set(await bed.newest(channel, "partners")) == {"K1"}


async def test_later_lines_and_requests_win_and_a_delete_leaves_a_tombstone(bed: Bed, client: httpx.AsyncClient, channel: str) -> None:
    await send(client, channel, ndjson(partner(channel, "K1", name="one"), partner(channel, "K1", name="two")))
    assert ((await bed.newest(channel, "partners"))["K1"] or {})["name"] == "two"
    await send(client, channel, ndjson({"key": "K1", "op": "delete"}))
    assert (await bed.newest(channel, "partners"))["K1"] is None
    versions = [object_version(record) for record in await bed.kind_log(channel, "partners")]
    assert versions == sorted(set(versions))


async def test_many_lines_come_through_in_their_chunks(bed: Bed, client: httpx.AsyncClient, channel: str) -> None:
    lines = [partner(channel, f"K{number}") for number in range(2500)]
    assert (await send(client, channel, ndjson(*lines)))["accepted"] == 2500
    assert len(await bed.newest(channel, "partners")) == 2500


@pytest.mark.parametrize("inline", [True, False])
async def test_attachment_contents_are_stored_first(bed: Bed, client: httpx.AsyncClient, channel: str, inline: bool) -> None:
    sha256 = hashlib.sha256(PNG).hexdigest()
    line = {name: value for name, value in Attachment.example.items() if name not in ("sha256", "size", "mime", "content_id")}
    line |= {"channel": channel, "extension": "png"}
    missing = await send(client, channel, ndjson(line | {"sha256": sha256}), "attachments")
    assert missing["lines"][0]["code"] == "content_missing"
    if inline:
        line["content"] = base64.b64encode(PNG).decode()
    else:
        stored = await client.put(f"/v1/channels/{channel}/content", content=PNG)
        assert stored.json() == {"sha256": sha256, "size": len(PNG)}
        line["sha256"] = sha256
    wrong = await send(client, channel, ndjson(line | {"extension": "jpg"}), "attachments")
    assert wrong["lines"][0]["code"] == "content_type_mismatch"
    assert (await send(client, channel, ndjson(line), "attachments"))["accepted"] == 1
    value = (await bed.newest(channel, "attachments"))[line["key"]] or {}
    assert (value["sha256"], value["size"], value["mime"]) == (sha256, len(PNG), "image/png")
    assert "content" not in value


async def test_what_is_not_allowed_is_refused_with_a_problem(bed: Bed, client: httpx.AsyncClient, channel: str) -> None:
    path = f"/v1/channels/{channel}/changes/partners"
    expected = [
        (await client.post("/v1/channels/ZZ/changes/partners"), 404, "channel_unknown"),
        (await client.post(f"/v1/channels/{channel}/changes/visits"), 404, "kind_unknown"),
        (await client.post(f"/v1/channels/{channel}/changes/articles"), 409, "source_is_cee"),
        (await client.post(path, headers={"authorization": ""}), 401, "unauthenticated"),
        (await client.post(path, headers={"authorization": "Bearer other"}), 403, "token_refused"),
        (await client.put(f"/v1/channels/{channel}/content", content=b"x" * (3 * 1024 * 1024 + 1)), 413, "attachment_too_large"),
    ]
    await bed.activate(channel, active=False)
    expected.append((await client.post(path), 409, "channel_inactive"))
    for answer, status, code in expected:
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert answer.json()["type"] == f"urn:ceebus:problem:{code}"


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("operator", 200), ("admin", 200)])
async def test_operators_of_control_may_send_lines_too(bed: Bed, client: httpx.AsyncClient, channel: str, role: str, status: int) -> None:
    token = new_token("ceebus_op")
    put = "insert into ceebus.operator(id, name, role, token_hash, created_by) values($1, $1, $1, $2, 'test')"
    await bed.ours.execute(put, role, token_hash(token))
    path, headers = f"/v1/channels/{channel}/changes/partners", {"authorization": f"Bearer {token}"}
    answer = await client.post(path, content=ndjson(partner(channel, "K1")), headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.json().get("code") == ("role_insufficient" if status == 403 else None)


async def test_probes_and_metrics_need_no_token(bed: Bed) -> None:
    async with httpx.AsyncClient(base_url=bed.settings.source.url) as client:
        assert (await client.get("/livez")).status_code == 200
        ready = await client.get("/readyz")
        assert (ready.status_code, set(ready.json())) == (200, {"cee", "database", "channels"})
        assert "ceebus_outbox_horizon_age_seconds" in (await client.get("/metrics")).text
