"""Who may what on control's HTTP: tokens with roles."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.control.audit import audit
from services.kernel.access import Access, Actor, Role
from services.kernel.http import Problem
from services.kernel.tokens import new_token, token_hash
from tests.integration.control_world import World, world


@pytest.fixture
async def here(environment: dict[str, str], tmp_path: Path, channel: str) -> AsyncIterator[World]:
    async with world(environment, tmp_path, channel) as made:
        yield made


async def token_of(here: World, role: Role) -> str:
    token = new_token("ceebus_op")
    put = "insert into ceebus.operator(id, name, role, token_hash, created_by) values($1, $1, $2, $3, 'test')"
    await here.ours.execute(put, f"{role}-{here.channel}", role, token_hash(token))
    return token


@pytest.mark.parametrize(("role", "may_look", "may_steer"), [("viewer", 200, 403), ("operator", 200, 202), ("admin", 200, 202)])
async def test_a_role_may_what_it_says(here: World, role: Role, may_look: int, may_steer: int) -> None:
    headers = {"authorization": f"Bearer {await token_of(here, role)}"}
    async with httpx.AsyncClient(base_url=here.settings.control.url, headers=headers, trust_env=False) as http:
        assert (await http.get("/v1/due")).status_code == may_look
        answer = await http.post(f"/v1/channels/{here.channel}/due/retry", json={"kind": "partners"})
        assert answer.status_code == may_steer
        if may_steer == 403:
            assert (answer.json()["code"], answer.json()["needed"]) == ("role_insufficient", "operator")


async def test_without_a_token_in_the_settings_an_empty_one_opens_nothing(here: World) -> None:
    access = Access(here.ours, "")
    for given, code in (("", "unauthenticated"), ("Bearer ", "unauthenticated"), ("Bearer x", "token_refused")):
        with pytest.raises(Problem) as refused:
            await access.actor(given)
        assert refused.value.code == code


async def test_audit_belongs_into_a_transaction(here: World) -> None:
    anna = Actor("a1", "Anna", "operator")
    async with here.ours.acquire() as connection:
        with pytest.raises(RuntimeError, match="transaction"):
            await audit(connection, anna, "test.done")
        async with connection.transaction():
            await audit(connection, anna, "test.done", channel=here.channel, object="x", reason="why", before=None, after={"held": True})
    rows = await here.ours.fetch("select actor, action, object, reason, before, after from ceebus.audit where channel = $1", here.channel)
    assert [tuple(row) for row in rows] == [("a1", "test.done", "x", "why", None, {"held": True})]
