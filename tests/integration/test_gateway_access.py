"""Who may come in: enrolment codes, access and refresh tokens, revoked devices."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from services.gateway.access import ACCESS_SECONDS, Access, signing_key
from services.kernel import tokens
from services.kernel.settings import Settings
from services.sandbox.device.device import Refused
from tests.integration.gateway_world import World, article, is_problem, keys, raw, world
from tests.stack import eventually


@pytest.fixture
async def here(settings: Settings, channel: str) -> AsyncIterator[World]:
    async with world(settings, channel) as made:
        yield made


@pytest.fixture
async def client(here: World) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=here.url) as made:
        yield made


async def enrol(here: World, client: httpx.AsyncClient, device: str = "") -> dict[str, str]:
    code = await here.code(device or f"d-{uuid.uuid4().hex[:8]}")
    answer = await client.post("/v1/enrolments", json={"code": code, "db_epoch": str(uuid.uuid4())})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def asks(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.get("/v1/sync", headers={"authorization": f"Bearer {token}", "x-device-epoch": str(uuid.uuid4())})


async def refreshes(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post("/v1/token", json={"refresh_token": token})


async def test_code_gives_a_device_its_tokens_and_works_once(here: World, client: httpx.AsyncClient) -> None:
    code, epoch = await here.code("d-1", rep="R7"), str(uuid.uuid4())
    typed = f" {code.lower().replace('-', ' ')} "
    answer = await client.post("/v1/enrolments", json={"code": typed, "db_epoch": epoch, "name": "Ania's phone"})
    body = answer.json()
    assert (answer.status_code, body["device_id"], body["channel"], body["rep"]) == (201, "d-1", here.channel, "R7")
    assert (await asks(client, body["access_token"])).status_code == 200
    row = await here.pool.fetchrow("select state, db_epoch::text, name, enrol_hash, refresh_hash from ceebus.device where id = 'd-1'")
    assert tuple(row or ()) == ("active", epoch, "Ania's phone", None, tokens.token_hash(body["refresh_token"]))
    assert is_problem(await client.post("/v1/enrolments", json={"code": code, "db_epoch": epoch}), 403, "code_unknown")


async def test_code_expires_and_belongs_to_one_device(here: World, client: httpx.AsyncClient) -> None:
    epoch = str(uuid.uuid4())
    late = await here.code("d-late", lifetime="-1 second")
    assert is_problem(await client.post("/v1/enrolments", json={"code": late, "db_epoch": epoch}), 403, "code_expired")
    mine = {"code": await here.code("d-mine"), "db_epoch": epoch}
    assert is_problem(await client.post("/v1/enrolments", json=mine | {"device_id": "d-yours"}), 403, "code_unknown")
    assert (await client.post("/v1/enrolments", json=mine | {"device_id": "d-mine"})).status_code == 201


async def test_refresh_token_is_good_once_and_its_reuse_ends_the_session(here: World, client: httpx.AsyncClient) -> None:
    first = await enrol(here, client)
    second = (await refreshes(client, first["refresh_token"])).json()
    third = (await refreshes(client, second["refresh_token"])).json()
    assert (await asks(client, third["access_token"])).status_code == 200
    assert is_problem(await refreshes(client, first["refresh_token"]), 401, "refresh_reused")
    # nobody knows who is the thief: both are out at once
    assert is_problem(await refreshes(client, third["refresh_token"]), 401, "session_ended")
    assert is_problem(await asks(client, third["access_token"]), 401, "session_ended")


async def test_lost_answer_may_be_repeated_once_within_the_grace(here: World, client: httpx.AsyncClient) -> None:
    first = await enrol(here, client)
    await refreshes(client, first["refresh_token"])  # this answer never arrives
    again = await refreshes(client, first["refresh_token"])
    assert again.status_code == 200
    assert (await refreshes(client, again.json()["refresh_token"])).status_code == 200
    assert is_problem(await refreshes(client, first["refresh_token"]), 401, "refresh_reused")


async def test_repeat_after_the_grace_ends_the_session(here: World, client: httpx.AsyncClient) -> None:
    first = await enrol(here, client)
    await refreshes(client, first["refresh_token"])
    await here.pool.execute("update ceebus.device set refreshed_at = refreshed_at - interval '2 minutes' where id = $1", first["device_id"])
    assert is_problem(await refreshes(client, first["refresh_token"]), 401, "refresh_reused")


async def test_token_of_an_earlier_enrolment_does_no_harm_to_the_present_one(here: World, client: httpx.AsyncClient) -> None:
    old = await enrol(here, client, "d-again")
    new = await enrol(here, client, "d-again")
    assert is_problem(await refreshes(client, old["refresh_token"]), 401, "session_ended")
    assert is_problem(await asks(client, old["access_token"]), 401, "session_ended")
    assert (await refreshes(client, new["refresh_token"])).status_code == 200


async def test_made_up_refresh_token_is_refused_and_ends_nothing(here: World, client: httpx.AsyncClient) -> None:
    mine = await enrol(here, client)
    head, _, mac = mine["refresh_token"].rpartition(".")
    forged = f"cbr_{tokens.seal(b'x' * 32, 'refresh.1', [mine['device_id'], uuid.uuid4().hex, 'random'])}"
    for bad in (f"{head}.{mac[::-1]}", f"{head[:-2]}AA.{mac}", forged):
        assert is_problem(await refreshes(client, bad), 401, "refresh_invalid")
    assert (await refreshes(client, mine["refresh_token"])).status_code == 200


async def test_broken_foreign_and_missing_access_tokens_are_refused(here: World, client: httpx.AsyncClient) -> None:
    mine = await enrol(here, client)
    own = mine["access_token"]
    claims = {"iss": "ceebus", "sub": mine["device_id"], "sid": uuid.uuid4().hex, "exp": int(time.time()) + 900}
    foreign = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(b"k" * 32))
    unsigned = "eyJhbGciOiJub25lIn0." + own.split(".")[1] + "."
    for bad in (own[:-4], own + "x", foreign, unsigned, "a.b.c", "x", mine["refresh_token"]):
        assert is_problem(await asks(client, bad), 401, "token_invalid"), bad
    epoch = {"x-device-epoch": str(uuid.uuid4())}
    assert is_problem(await client.get("/v1/sync", headers=epoch), 401, "unauthenticated")
    assert is_problem(await client.get("/v1/sync", headers=epoch | {"authorization": f"Basic {own}"}), 401, "unauthenticated")


async def test_access_token_ends_after_its_time_and_the_device_renews_it(here: World, tmp_path: Path) -> None:
    await here.put(article("A1"))
    async with await here.device(tmp_path, name="d-old") as device:
        session = await here.pool.fetchval("select session from ceebus.device where id = 'd-old'")
        past = Access(here.pool, await signing_key(here.pool), lambda: time.time() - ACCESS_SECONDS - 1)
        device.store.remember(access_token=past.access_token("d-old", session))
        async with raw(here, device) as client:
            assert is_problem(await client.get("/v1/sync"), 401, "token_expired")
        await device.pull()
        assert keys(device, "articles") == {"A1"}


async def test_revoked_device_is_out_at_once(here: World, tmp_path: Path) -> None:
    await here.put(article("A1"))
    async with await here.device(tmp_path, name="d-out") as device:
        await device.pull()
        await here.put(article("A2"))
        await here.revoke("d-out")
        with pytest.raises(Refused, match="403 device_revoked"):
            await device.pull()
        assert keys(device, "articles") == {"A1"}
        async with raw(here, device) as client:
            assert is_problem(await client.get("/v1/attachments/" + "0" * 64), 403, "device_revoked")
            assert is_problem(await client.get("/v1/news"), 403, "device_revoked")
            assert is_problem(await client.post("/v1/ack", json={"cursor": device.store.recall("cursor")}), 403, "device_revoked")
            assert is_problem(await refreshes(client, device.store.recall("refresh_token") or ""), 403, "device_revoked")


async def test_revoking_ends_an_open_stream(here: World, tmp_path: Path) -> None:
    await here.put(article("A1"))
    async with await here.device(tmp_path, name="d-listening") as device:
        events = [event async for event in _until_revoked(here, device)]
        assert len(events) == 1


async def _until_revoked(here: World, device: object) -> AsyncIterator[str]:
    async for event in device.client.news(None):  # type: ignore[attr-defined]
        yield event
        await here.revoke("d-listening")


async def test_last_seen_is_noted(here: World, tmp_path: Path) -> None:
    async with await here.device(tmp_path, name="d-seen") as device:
        await here.pool.execute("update ceebus.device set last_seen_at = null where id = 'd-seen'")
        await device.pull()
        assert await eventually(lambda: here.pool.fetchval("select last_seen_at is not null from ceebus.device where id = 'd-seen'"))
