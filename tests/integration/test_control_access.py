"""Who may what on control's HTTP: tokens with roles, made and revoked; and the commands for them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import httpx
import pytest
from fastapi import APIRouter

from services.kernel.access import Access, Operator, Role, Viewer, roles_declared
from services.kernel.http import Problem
from services.kernel.tokens import token_hash
from tests.integration.control_world import Cli, Operated, World

CHANGING = ("post", "put", "patch", "delete")
ADMIN = {("put", "/v1/channels/{channel}/sources/{kind}"), ("post", "/v1/tokens"), ("post", "/v1/tokens/{token}/revoke")}


@pytest.fixture
async def here(control_of_module: Operated, channel: str) -> AsyncIterator[World]:
    async with control_of_module.world(channel) as made:
        yield made


@pytest.fixture
def cli(here: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(here.environment, monkeypatch, capsys)


async def made(here: World, name: str, role: Role) -> dict[str, str]:
    answer = await here.http.post("/v1/tokens", json={"name": name, "role": role})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def as_holder(here: World, token: str) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    headers = {"authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=here.settings.control.url, headers=headers, trust_env=False, timeout=30)


async def operations(here: World) -> dict[tuple[str, str], Role]:
    """Every operation under /v1, as the API describes itself, and the role it needs."""
    paths = (await here.get("/openapi.json"))["paths"].items()
    return {(method, path): told["x-ceebus-role"] for path, methods in paths if path.startswith("/v1/") for method, told in methods.items()}


async def test_every_operation_that_changes_something_names_a_role_above_viewer(here: World) -> None:
    found = await operations(here)
    changing = {place: role for place, role in found.items() if place[0] in CHANGING}
    assert len(changing) >= 8
    assert {place for place, role in changing.items() if role not in ("operator", "admin")} == set()
    assert {place for place, role in changing.items() if role == "admin"} >= ADMIN


def test_a_route_that_lets_viewers_change_something_is_not_served() -> None:
    async def change(actor: Viewer) -> str:
        return actor.name

    async def nobody_asked() -> str:
        return ""

    for handler in (change, nobody_asked):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            router = APIRouter()
            router.add_api_route("/x", handler, methods=[method])
            with pytest.raises(ValueError, match="lets viewers change"):
                roles_declared(router)
    inner, outer = APIRouter(), APIRouter()
    inner.add_api_route("/x", nobody_asked, methods=["POST"])
    outer.include_router(inner)
    with pytest.raises(ValueError):  # a router within a router hides nothing
        roles_declared(outer)


def test_role_of_a_route_is_the_highest_it_names() -> None:
    async def change(looks: Viewer, steers: Operator) -> str:
        return looks.name + steers.name

    router = APIRouter()
    router.add_api_route("/x", change, methods=["POST"])
    [route] = roles_declared(router).routes
    assert getattr(route, "openapi_extra", None) == {"x-ceebus-role": "operator"}


@pytest.mark.parametrize(("role", "refused"), [("viewer", {"operator", "admin"}), ("operator", {"admin"}), ("admin", set())])
async def test_a_token_opens_what_its_role_includes_and_nothing_else(here: World, role: Role, refused: set[Role]) -> None:
    """Every operation is asked with a body that fits none, so that none is carried out."""
    token = (await made(here, f"{role} of {here.channel}", role))["token"]
    async with as_holder(here, token) as http:
        for (method, path), needed in (await operations(here)).items():
            answer = await http.request(method, path, json=[] if method in CHANGING else None)
            if needed in refused:
                assert (answer.status_code, answer.json()["code"], answer.json()["needed"]) == (403, "role_insufficient", needed)
                assert f"needs the role {needed}" in answer.json()["detail"]
            else:
                assert answer.status_code != 403, (method, path, answer.text)


async def test_token_is_kept_as_its_hash_and_shown_once(here: World) -> None:
    anna = await made(here, "Anna", "operator")
    assert anna["token"].startswith("ceebus_op_")
    assert len(anna["token"]) >= len("ceebus_op_") + 43  # 32 bytes
    row = await here.ours.fetchrow("select *, operator::text as everything from ceebus.operator operator where id = $1", anna["id"])
    assert row is not None
    assert (row["token_hash"], anna["token"] in row["everything"]) == (token_hash(anna["token"]), False)
    assert anna["token"] not in (await here.http.get("/v1/tokens")).text + (await here.http.get("/v1/audit")).text
    async with as_holder(here, anna["token"]) as http:
        assert (await http.get("/v1/whoami")).json() == {"id": anna["id"], "name": "Anna", "role": "operator"}
    assert await here.get("/v1/whoami") == {"id": "token", "name": "token", "role": "admin"}


async def test_last_use_is_written_once_a_minute(here: World) -> None:
    anna = await made(here, "Anna", "viewer")

    async def last_used() -> object:
        return await here.ours.fetchval("select last_used_at from ceebus.operator where id = $1", anna["id"])

    assert await last_used() is None
    async with as_holder(here, anna["token"]) as http:
        answers = await asyncio.gather(*[http.get("/v1/whoami") for _ in range(10)])
        assert {answer.status_code for answer in answers} == {200}
        first = await last_used()
        assert first is not None
        await http.get("/v1/whoami")
        assert await last_used() == first
        await here.ours.execute("update ceebus.operator set last_used_at = now() - interval '61 seconds' where id = $1", anna["id"])
        long_ago = await last_used()
        await http.get("/v1/whoami")
        assert await last_used() != long_ago


async def test_revoked_token_is_out_at_once_and_for_good(here: World) -> None:
    anna = await made(here, "Anna", "admin")
    async with as_holder(here, anna["token"]) as http:
        assert (await http.get("/v1/tokens")).status_code == 200
        first = (await here.http.post(f"/v1/tokens/{anna['id']}/revoke", json={"reason": "left"})).json()["revoked_at"]
        refused = await http.get("/v1/whoami")
        assert (refused.status_code, refused.json()["code"]) == (403, "token_refused")
    assert (await here.http.post(f"/v1/tokens/{anna['id']}/revoke")).json()["revoked_at"] == first
    assert anna["id"] not in [row["id"] for row in (await here.get("/v1/tokens"))["items"]]
    assert anna["id"] in [row["id"] for row in (await here.get("/v1/tokens", revoked=True))["items"]]
    answer = await here.http.post("/v1/tokens/nobody/revoke")
    assert (answer.status_code, answer.json()["code"]) == (404, "token_unknown")


async def test_pages_of_tokens_hold_each_once(here: World) -> None:
    ids = {(await made(here, "same", "viewer"))["id"] for _ in range(5)}
    found, cursor = [], None
    while True:
        page = await here.get("/v1/tokens", limit=2, **({"cursor": cursor} if cursor else {}))
        found += [row["id"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(found) == len(set(found))
    assert ids <= set(found)


async def test_without_a_token_in_the_settings_an_empty_one_opens_nothing(here: World) -> None:
    access = Access(here.ours, "")
    for given, code in (
        ("", "unauthenticated"),
        ("Bearer ", "unauthenticated"),
        ("Basic x", "unauthenticated"),
        ("Bearer x", "token_refused"),
    ):
        with pytest.raises(Problem) as refused:
            await access.actor(given)
        assert refused.value.code == code


async def test_commands_make_list_use_and_revoke_a_token(here: World, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = json.loads((await cli("token", "add", "Anna Nowak", "--role", "viewer", "--json")).out)
    shown = (await cli("token", "add", "Piotr", "--role", "operator")).out
    [token] = [line.split()[1] for line in shown.splitlines() if line.startswith("token ")]
    async with as_holder(here, token) as http:
        assert (await http.get("/v1/whoami")).json()["name"] == "Piotr"
    assert (await cli("token", "add", "Anna", "--role", "king")).code == 2
    [line] = [line for line in (await cli("token", "list")).out.splitlines() if anna["id"] in line]
    assert "Anna Nowak" in line
    assert max(len(line) for line in (await cli("token", "list")).out.splitlines()) <= 100
    monkeypatch.setenv("CEEBUS_OPERATOR_TOKEN", anna["token"])
    assert (await cli("due", "list", here.channel)).code == 0
    refused = await cli("device", "enroll", here.channel, f"R1{here.channel}")
    assert (refused.code, "[role_insufficient]" in refused.err, "--role ROLE" in refused.err) == (1, True, True)
    checked = json.loads((await cli("config", "check", "--json")).out)
    assert {row["name"]: row["value"] for row in checked["settings"]}["CEEBUS_OPERATOR_TOKEN"] == "(set: Anna Nowak, viewer)"
    assert checked["checks"]["operator token"] == "ok"
    monkeypatch.setenv("CEEBUS_OPERATOR_TOKEN", here.settings.operator_token)
    answer = await cli("token", "revoke", anna["id"], "--reason", "left")
    assert (answer.code, answer.out.startswith(f"Anna Nowak ({anna['id']}) is out since ")) == (0, True)
    assert anna["id"] not in (await cli("token", "list")).out
    assert anna["id"] in (await cli("token", "list", "--revoked", "--json")).out
    monkeypatch.setenv("CEEBUS_OPERATOR_TOKEN", anna["token"])
    assert "not known" in json.loads((await cli("config", "check", "--json")).out)["checks"]["operator token"]
