"""The API as it describes itself: problems, limits, probes, and a run of schemathesis over every operation."""

from __future__ import annotations

import asyncio
import gzip
import os
import re
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from services.gateway.middleware import BODY_BYTES, Guarded
from services.kernel.blobs import BlobStore
from services.kernel.settings import Settings
from tests.integration.gateway_world import Change, World, article, is_problem, numbers, raw, world


@pytest.fixture
async def here(settings: Settings, channel: str) -> AsyncIterator[World]:
    async with world(settings, channel) as made:
        yield made


@pytest.fixture
async def client(here: World) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=here.url) as made:
        yield made


async def test_every_error_is_a_problem(client: httpx.AsyncClient) -> None:
    assert is_problem(await client.get("/v1/nothing"), 404, "not_found")
    assert is_problem(await client.get("/v1/sync/"), 404, "not_found")
    wrong_method = await client.delete("/v1/enrolments")
    assert is_problem(wrong_method, 405, "method_not_allowed")
    assert wrong_method.headers["allow"] == "POST"
    unauthenticated = await client.get("/v1/news")
    assert is_problem(unauthenticated, 401, "unauthenticated")
    assert unauthenticated.headers["www-authenticate"] == "Bearer"
    missing = await client.post("/v1/enrolments", json={"code": "AAAA-BBBB"})
    assert is_problem(missing, 422, "request_invalid")
    assert missing.json()["errors"] == [{"field": "body.db_epoch", "message": "Field required"}]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"null", b"[]", b'{"code": "\\u0000AAAAAAAA", "db_epoch": 1}', b'{"code": 7}'])
async def test_broken_bodies_are_refused(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/v1/enrolments", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_body_over_the_limit_is_refused_with_and_without_a_length(client: httpx.AsyncClient) -> None:
    body = b'{"code": "' + b"A" * BODY_BYTES + b'"}'

    async def parts() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 1000):
            yield body[at : at + 1000]

    headers = {"content-type": "application/json"}
    assert is_problem(await client.post("/v1/enrolments", content=body, headers=headers), 413, "body_too_large")
    assert is_problem(await client.post("/v1/enrolments", content=parts(), headers=headers), 413, "body_too_large")


async def test_body_that_never_comes_and_answer_that_is_never_taken_are_given_up() -> None:
    """Straight on the ASGI boundary: the real limits are half a minute and a minute."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x"})

    sent: list[Message] = []

    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async def take(message: Message) -> None:
        sent.append(message)

    async def stuck(message: Message) -> None:
        await asyncio.Event().wait()

    guarded = Guarded(app, body_seconds=0.05, send_seconds=0.05)
    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-length", b"5")]}
    await guarded(scope, never, take)
    assert (sent[0]["status"], b"body_too_slow" in sent[1]["body"]) == (408, True)
    async with asyncio.timeout(5):
        await guarded({**scope, "headers": []}, never, stuck)


async def test_request_id_is_given_back_or_made(client: httpx.AsyncClient) -> None:
    assert (await client.get("/livez", headers={"x-request-id": "phone-7.42"})).headers["x-request-id"] == "phone-7.42"
    made = (await client.get("/v1/nothing", headers={"x-request-id": "<script>"})).headers["x-request-id"]
    assert len(made) == 32


async def test_probes_and_metrics(here: World, client: httpx.AsyncClient, tmp_path: Path) -> None:
    assert (await client.get("/livez")).json() == {"status": "ok"}
    assert (await client.get("/readyz")).json() == {"database": "ok"}
    async with await here.device(tmp_path) as device:
        await device.pull()
    assert f'ceebus_device_last_seen_timestamp_seconds{{channel="{here.channel}"}}' in (await client.get("/metrics")).text


async def test_description_is_openapi_3_1_and_names_problems(client: httpx.AsyncClient) -> None:
    made = (await client.get("/openapi.json")).json()
    assert made["openapi"].startswith("3.1")
    assert {
        "/v1/enrolments",
        "/v1/token",
        "/v1/sync",
        "/v1/ack",
        "/v1/news",
        "/v1/attachments/{sha256}",
        "/v1/files",
        "/v1/files/{name}",
    } <= made["paths"].keys()
    refused = made["paths"]["/v1/sync"]["get"]["responses"]
    assert {"200", "401", "403", "409", "410", "422", "503"} <= refused.keys()
    assert list(refused["422"]["content"]) == ["application/problem+json"]
    assert "HTTPValidationError" not in made["components"]["schemas"]


async def test_truncated_compression_is_never_taken_for_the_end(here: World, tmp_path: Path) -> None:
    """A page is whole only with its last line: what a proxy cuts off is asked for again."""
    await here.put(*(article(number) for number in numbers("A", 500)))
    async with await here.device(tmp_path) as device, raw(here, device, accept_encoding="gzip") as client:
        async with client.stream("GET", "/v1/sync") as response:
            packed = b"".join([part async for part in response.aiter_raw()])
        assert b'"complete":true' in gzip.decompress(packed)
        with pytest.raises(EOFError):
            gzip.decompress(packed[:-20])


async def test_every_operation_keeps_its_description(here: World, tmp_path: Path) -> None:
    """schemathesis: boundary values of all parameters and random requests, valid and invalid, with all its checks."""
    sha256 = await BlobStore(here.settings.blobs).put(b"content")
    named = {"owner_kind": "article", "owner_key": "A000000", "type": "image", "sha256": sha256, "mime": "image/png"}
    await here.put(*(article(number) for number in numbers("A", 20)), Change("attachments", "X", named))
    async with httpx.AsyncClient(base_url=here.url) as client:
        described = (await client.get("/openapi.json")).json()
    operations = sum(len(path) for path in described["paths"].values())
    async with await here.device(tmp_path) as device:
        own = {
            "GATEWAY_TOKEN": device.store.recall("access_token") or "",
            "GATEWAY_EPOCH": device.store.recall("db_epoch") or "",
            "GATEWAY_SHA256": sha256,
            "SCHEMATHESIS_HOOKS": "tests.integration.schemathesis_hooks",
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        command = [str(Path(sys.executable).with_name("st")), "--config-file", str(Path(__file__).with_name("schemathesis.toml")), "run"]
        options = ["--request-timeout", "30", "--seed", os.environ.get("SEED", "1"), "--no-color"]
        run = await asyncio.create_subprocess_exec(
            *command, f"{here.url}/openapi.json", *options, env=os.environ | own, stdout=PIPE, stderr=STDOUT, cwd=tmp_path
        )
        printed = (await run.communicate())[0].decode()
    assert run.returncode == 0, printed
    assert f"{operations} selected / {operations} total" in printed, printed
    ran = re.search(r"(\d+) generated, (\d+) passed", printed)
    assert ran, printed
    assert int(ran[1]) == int(ran[2]) > 100
