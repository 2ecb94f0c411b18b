"""Pushes: what was accepted lies in the bus before the answer, what was not has its verdict, and neither can be made to be another's."""

from __future__ import annotations

import base64
import gzip
import os
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
import zstandard

from schemas.envelope import RECORD_LIMIT, header
from schemas.mobile.envelope import upload_hash, upload_id
from schemas.mobile.registry import MOBILE
from services.gateway.bodies import UPLOADS
from services.gateway.routes.push import RECORDS
from services.kernel.settings import Kafka, Settings
from tests.integration.gateway_world import article, is_problem, raw, world
from tests.integration.push_world import Pushing, pushing, record


@pytest.fixture
async def to(settings: Settings, channel: str, tmp_path: Path) -> AsyncIterator[Pushing]:
    async with pushing(settings, channel, tmp_path) as made:
        yield made


async def test_accepted_uploads_lie_in_the_bus_as_the_contract_says(to: Pushing) -> None:
    sent = [record("visits"), record("visits", revision=2)]
    answer = await to.push(*sent)
    assert (answer.status_code, answer.json()["accepted"], answer.json()["rejected"]) == (202, 2, 0)
    verdicts = answer.json()["records"]
    assert [(verdict["line"], verdict["source_id"], verdict["revision"]) for verdict in verdicts] == [
        (1, sent[0]["source_id"], 1),
        (2, sent[1]["source_id"], 2),
    ]
    stored = {(one.key or b"").decode(): one for one in await to.stored()}
    for line, verdict in zip(sent, verdicts, strict=True):
        found = stored[line["source_id"]]
        body = orjson.loads(found.value or b"")
        assert MOBILE["visits"].model_validate_json(found.value or b"").source_id == line["source_id"]
        assert (body["channel"], body["device_id"], body["db_epoch"], body["rep"]) == (to.here.channel, to.device, to.epoch, "R1")
        digest = upload_hash(body)
        assert verdict["upload_id"] == upload_id(to.here.channel, line["source_id"], line["revision"], digest)
        assert header(found.headers, "ce_id") == verdict["upload_id"].encode()
        assert header(found.headers, "ce_contenthash") == digest.encode()
        assert header(found.headers, "ce_sender") == f"device/{to.device}".encode()
        assert re.fullmatch(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", header(found.headers, "ce_time") or b"")


async def test_sending_again_is_answered_alike(to: Pushing) -> None:
    line = record()
    first, second = await to.push(line), await to.push(line, traceparent=f"00-{'a' * 32}-{'b' * 16}-01")
    assert first.json() == second.json()
    ids = [header(one.headers, "ce_id") for one in await to.stored()]
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert header((await to.stored())[1].headers, "traceparent") == f"00-{'a' * 32}-{'b' * 16}-01".encode()


BROKEN: list[tuple[bytes | dict[str, Any], str, dict[str, Any]]] = [
    (b"{", "malformed", {}),
    (b"[1]", "malformed", {}),
    (b'{"kind": "visits", "name": "\xff"}', "malformed", {}),
    (b'{"kind": "visits", "name": "\\ud800"}', "malformed", {}),
    (b'{"a":' * 100_000, "malformed", {}),
    (b"[" * 5_000 + b"]" * 5_000, "malformed", {}),
    (b'{"kind": "visits", "revision": NaN}', "malformed", {}),
    (b'{"pad": "' + b"x" * RECORD_LIMIT + b'"}', "record_too_large", {"size": RECORD_LIMIT + 11, "limit": RECORD_LIMIT}),
    ({"kind": None}, "field_missing", {"field": "kind"}),
    ({"kind": "orders"}, "kind_unknown", {"value": "orders"}),
    ({"kind": ["visits"]}, "kind_unknown", {"value": "['visits']"}),
    ({"source_id": None}, "field_missing", {"field": "source_id"}),
    ({"source_id": "../../etc/passwd"}, "field_invalid", {"field": "source_id", "value": "../../etc/passwd"}),
    ({"source_id": 7}, "field_invalid", {"field": "source_id", "value": "7"}),
    ({"revision": None}, "field_missing", {"field": "revision"}),
    ({"revision": 0}, "field_invalid", {"field": "revision", "value": "0"}),
    ({"revision": True}, "field_invalid", {"field": "revision", "value": "True"}),
    ({"revision": 2**31}, "field_invalid", {"field": "revision", "value": str(2**31)}),
    ({"channel": "XX"}, "channel_unknown", {"value": "XX"}),
    ({"rep": "R2"}, "field_invalid", {"field": "rep", "value": "R2"}),
]


async def test_each_broken_line_has_its_verdict_and_the_good_ones_are_taken(to: Pushing) -> None:
    lines = [part if isinstance(part, bytes) else record() | part for part, _, _ in BROKEN]
    answer = await to.push(*lines, b"", record())
    assert (answer.status_code, answer.json()["accepted"], answer.json()["rejected"]) == (202, 1, len(BROKEN))
    *refused, taken = answer.json()["records"]
    assert [(verdict["code"], verdict["params"]) for verdict in refused] == [(code, params) for _, code, params in BROKEN]
    assert all(verdict["messages"].keys() == {"pl", "de", "en"} for verdict in refused)
    assert (taken["line"], taken["status"]) == (len(BROKEN) + 2, "accepted")
    assert len(await to.stored()) == 1


async def test_a_push_of_which_nothing_is_taken_is_a_problem_with_verdicts(to: Pushing) -> None:
    answer = await to.push(b"{")
    assert is_problem(answer, 422, "nothing_accepted")
    assert [verdict["code"] for verdict in answer.json()["records"]] == ["malformed"]
    assert is_problem(await to.push(), 422, "nothing_accepted")
    assert await to.stored() == []


async def test_nobody_can_say_to_be_another(to: Pushing) -> None:
    forged = {"client": "management", "client_id": "m1", "device_id": "other", "db_epoch": str(uuid4())}
    assert (await to.push(record() | forged)).status_code == 202
    [stored] = await to.stored()
    body = orjson.loads(stored.value or b"")
    assert (body["client"], body.get("client_id"), body["device_id"], body["db_epoch"]) == ("device", None, to.device, to.epoch)


async def test_a_back_office_app_pushes_with_its_own_token_until_that_is_revoked(to: Pushing) -> None:
    made, http = await to.client()
    async with http:
        answer = await http.post("/v1/sync", content=orjson.dumps(record(rep="R7", db_epoch=to.epoch)))
        assert answer.status_code == 202, answer.text
        [stored] = await to.stored()
        body = orjson.loads(stored.value or b"")
        assert (body["client"], body["client_id"], body["rep"]) == ("management", made, "R7")
        assert body.keys().isdisjoint({"device_id", "db_epoch"})
        assert header(stored.headers, "ce_sender") == f"management/{made}".encode()
        assert (await http.get("/v1/results")).json()["items"] == []
        assert is_problem(await http.get("/v1/sync", headers={"x-device-epoch": to.epoch}), 401, "token_invalid")
        await to.here.pool.execute("update ceebus.client set revoked_at = now() where id = $1", made)
        assert is_problem(await http.post("/v1/sync", content=b"{}"), 403, "client_revoked")
        unknown = {"authorization": "Bearer cbm_nobody"}
        assert is_problem(await http.post("/v1/sync", content=b"{}", headers=unknown), 401, "token_invalid")


async def test_bodies_come_compressed_within_limits(to: Pushing) -> None:
    line = orjson.dumps(record()) + b"\n"
    for encoding, packed in (("gzip", gzip.compress(line)), ("zstd", zstandard.compress(line)), ("identity", line)):
        assert (await to.push(packed, **{"content-encoding": encoding})).status_code == 202, encoding
    bomb = b"0" * (64 << 20)
    for encoding, packed in (("gzip", gzip.compress(bomb)), ("zstd", zstandard.compress(bomb))):
        assert is_problem(await to.push(packed, **{"content-encoding": encoding}), 413, "body_too_large"), encoding
        assert is_problem(await to.push(packed[:-9], **{"content-encoding": encoding}), 413, "body_too_large"), encoding
    for encoding, packed in (("gzip", gzip.compress(line)), ("zstd", zstandard.compress(line))):
        for broken in (packed[:-5], packed + packed, b"x" + packed, b""):
            assert is_problem(await to.push(broken, **{"content-encoding": encoding}), 400, "body_broken"), (encoding, broken[:4])
    assert is_problem(await to.push(line, **{"content-encoding": "br"}), 415, "encoding_unknown")
    assert is_problem(await to.push(line, **{"content-type": "text/html"}), 415, "type_unknown")
    assert is_problem(await to.push(b"{}\n" * (RECORDS + 1)), 413, "too_many_records")
    assert is_problem(await to.push(b" " * (UPLOADS + 1)), 413, "body_too_large")
    assert len(await to.stored()) == 3


async def test_the_largest_record_is_kept_whatever_it_holds(to: Pushing) -> None:
    """Bytes that hardly compress: what the gateway accepts must fit the broker."""
    line = record(description="")
    room = RECORD_LIMIT - len(orjson.dumps(line))
    noise = base64.b64encode(os.urandom(RECORD_LIMIT)).decode()
    stamp = 400  # at least the bytes that the gateway adds
    assert (await to.push(line | {"description": noise[: room - stamp]})).status_code == 202
    [refused] = (await to.push(line | {"description": noise[:room]})).json()["records"]
    assert refused["code"] == "record_too_large"
    assert len((await to.stored())[0].value or b"") > RECORD_LIMIT - stamp


async def test_who_is_not_let_in_hears_so_whatever_he_sends(to: Pushing) -> None:
    body = b"x" * (8 << 20)
    nobody = {"authorization": "Bearer none"}
    assert is_problem(await to.push(body, **nobody), 401, "token_invalid")
    async with httpx.AsyncClient(base_url=to.here.url) as client:
        own = {"authorization": to.http.headers["authorization"]}
        assert is_problem(await client.post("/v1/sync", content=orjson.dumps(record()), headers=own), 422, "epoch_missing")
    await to.here.revoke(to.device)
    assert is_problem(await to.push(record()), 403, "device_revoked")


async def test_without_a_bus_uploads_are_put_off_and_devices_still_pull(settings: Settings, channel: str, tmp_path: Path) -> None:
    away = replace(settings, kafka=Kafka(bootstrap="127.0.0.1:1"))
    async with world(away, channel) as here, await here.device(tmp_path) as device, raw(here, device) as client:
        lines = {"content": orjson.dumps(record()), "headers": {"content-type": "application/x-ndjson"}}
        assert is_problem(await client.post("/v1/sync", **lines), 409, "channel_inactive")  # type: ignore[arg-type]
        await here.put(article("A1"))
        answer = await client.post("/v1/sync", **lines)  # type: ignore[arg-type]
        assert is_problem(answer, 503, "bus_unavailable")
        assert answer.headers["retry-after"] == "2"
        assert (await device.pull()).rows == 1
