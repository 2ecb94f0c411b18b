"""The audit: one row for each action of control's HTTP, with who, what, why, before and after; none for what was refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.control.audit import audit
from services.kernel.access import Actor
from services.kernel.tokens import new_token, token_hash
from tests.integration.control_world import Cli, Operated, World


@pytest.fixture
async def here(control_of_module: Operated, channel: str) -> AsyncIterator[World]:
    """The client's token is Anna's, an admin, so that an action's row must name her."""
    async with control_of_module.world(channel) as made:
        token = new_token("ceebus_op")
        put = "insert into ceebus.operator(id, name, role, token_hash, created_by) values($1, 'Anna', 'admin', $2, 'test')"
        await made.ours.execute(put, f"a-{channel}", token_hash(token))
        made.http.headers["authorization"] = f"Bearer {token}"
        yield made


@pytest.fixture
def cli(here: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(here.environment, monkeypatch, capsys)


async def rows(here: World) -> list[dict[str, Any]]:
    """The channel's rows, the oldest first."""
    found = (await here.get("/v1/audit", channel=here.channel))["items"][::-1]
    assert {(row["actor"], row["actor_name"]) for row in found} <= {(f"a-{here.channel}", "Anna")}
    return list(found)


def said(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("action", "object", "reason", "before", "after"))


async def test_what_is_done_to_due_records_is_kept(here: World) -> None:
    for number in range(3):
        await here.due("partners", str(number), "field_missing", field="name")
    path = f"/v1/channels/{here.channel}/due"
    await here.http.post(f"{path}/retry", json={"kind": "partners", "keys": ["0", "1"], "reason": "CEE was corrected"})
    await here.http.post(f"{path}/confirm", json={"kind": "import/partners"})
    await here.http.post(f"{path}/discard", json={"code": "field_missing", "reason": "test data"})
    meant = {"kind": "partners", "keys": ["0", "1"], "keys_count": 2}
    assert [said(row) for row in await rows(here)] == [
        ("due.retry", "partners", "CEE was corrected", meant, {"chosen": 2, "done": 2}),
        ("due.confirm", "import/partners", None, {"kind": "import/partners"}, {"chosen": 0, "done": 0}),
        ("due.discard", "field_missing", "test data", {"code": "field_missing"}, {"chosen": 3, "done": 3}),
    ]
    assert (await here.get("/v1/wanted", channel=here.channel))["items"][0]["reason"] == "CEE was corrected"


async def test_ten_thousand_keys_do_not_fill_the_audit(here: World) -> None:
    keys = [str(number) for number in range(10_000)]
    await here.http.post(f"/v1/channels/{here.channel}/due/retry", json={"kind": "partners", "keys": keys})
    [row] = await rows(here)
    assert (row["before"]["keys"], row["before"]["keys_count"]) == (keys[:100], 10_000)


async def test_what_is_done_to_a_device_is_kept_without_its_code(here: World) -> None:
    body = {"channel": here.channel, "rep": f"R1{here.channel}", "id": f"d-{here.channel}", "name": "Telefon"}
    codes = [(await here.http.post("/v1/devices", json=body | more)).json()["code"] for more in ({}, {"name": None, "reason": "lost"})]
    for _ in range(2):
        assert (await here.http.post(f"/v1/devices/d-{here.channel}/revoke", json={"reason": "stolen"})).status_code == 200
    first, second, out, again = await rows(here)
    assert said(first)[:4] == ("device.enrol", f"d-{here.channel}", None, None)
    assert {name: first["after"][name] for name in ("state", "name", "rep")} == {"state": "enrolled", "name": "Telefon", "rep": body["rep"]}
    assert said(second)[:4] == ("device.enrol", f"d-{here.channel}", "lost", {"state": "enrolled", "name": "Telefon"})
    assert second["after"]["name"] == "Telefon"
    assert said(out) == ("device.revoke", f"d-{here.channel}", "stolen", {"state": "enrolled"}, {"state": "revoked"})
    assert (again["before"], again["after"]) == ({"state": "revoked"}, {"state": "revoked"})
    kept = str(await here.ours.fetchval("select string_agg(a::text, '') from ceebus.audit a where channel = $1", here.channel))
    assert [code for code in codes if code in kept or code.replace("-", "") in kept] == []


async def test_source_of_a_kind_is_kept_with_what_it_was(here: World) -> None:
    path = f"/v1/channels/{here.channel}/sources/partners"
    for body in ({"source": "ingest", "reason": "comes from the web shop"}, {"source": "cee"}):
        await here.http.put(path, json=body)
    assert [said(row) for row in await rows(here)] == [
        ("source.set", "partners", "comes from the web shop", {"source": "cee"}, {"source": "ingest"}),
        ("source.set", "partners", None, {"source": "ingest"}, {"source": "cee"}),
    ]


async def test_what_is_done_to_a_token_is_kept(here: World) -> None:
    made = (await here.http.post("/v1/tokens", json={"name": "Piotr", "role": "viewer", "reason": "new man"})).json()
    await here.http.post(f"/v1/tokens/{made['id']}/revoke", json={"reason": "left"})
    out, added = [row for row in (await here.get("/v1/audit", actor=f"a-{here.channel}"))["items"] if row["object"] == made["id"]]
    assert said(added) == ("token.add", made["id"], "new man", None, {"name": "Piotr", "role": "viewer"})
    assert said(out)[:4] == ("token.revoke", made["id"], "left", {"revoked_at": None})
    assert out["after"]["revoked_at"]


async def test_what_was_refused_leaves_no_row(here: World) -> None:
    path = f"/v1/channels/{here.channel}"
    await here.http.post("/v1/devices", json={"channel": here.channel, "rep": f"R1{here.channel}", "id": f"e-{here.channel}"})
    refused = [
        await here.http.post(f"{path}/due/retry", json={}),
        await here.http.post(f"{path}/due/retry", json={"kind": "results"}),
        await here.http.put(f"{path}/sources/partners", json={"source": "fax"}),
        await here.http.post("/v1/devices", json={"channel": here.channel, "rep": "nobody"}),
        await here.http.post("/v1/devices", json={"channel": here.channel, "rep": f"R2{here.channel}", "id": f"e-{here.channel}"}),
        await here.http.post("/v1/devices/nobody/revoke"),
    ]
    assert [answer.status_code for answer in refused] == [422, 409, 422, 404, 409, 404]
    assert [row["action"] for row in await rows(here)] == ["device.enrol"]


async def test_action_that_can_t_be_audited_is_not_done(here: World) -> None:
    await here.due("partners", "1", "field_missing", field="name")
    await here.ours.execute(f"alter table ceebus.audit add constraint closed check (channel is distinct from '{here.channel}')")
    try:
        answer = await here.http.post(f"/v1/channels/{here.channel}/due/discard", json={"kind": "partners", "reason": "x"})
        assert answer.status_code == 500
        assert len((await here.get("/v1/due", channel=here.channel))["items"]) == 1
        body = {"channel": here.channel, "rep": f"R1{here.channel}"}
        assert (await here.http.post("/v1/devices", json=body)).status_code == 500
        assert (await here.get("/v1/devices", channel=here.channel))["items"] == []
    finally:
        await here.ours.execute("alter table ceebus.audit drop constraint closed")


async def test_audit_belongs_into_a_transaction(here: World) -> None:
    piotr = Actor("p1", "Piotr", "operator")
    async with here.ours.acquire() as connection:
        with pytest.raises(RuntimeError, match="transaction"):
            await audit(connection, piotr, "test.done", channel=here.channel)
        async with connection.transaction():
            await audit(connection, piotr, "test.done", channel=here.channel, object="x", reason="why", after={"held": True})
            await audit(connection, "lane", "test.done", channel=here.channel)
    found = (await here.get("/v1/audit", channel=here.channel))["items"]
    assert [(row["actor"], row["actor_name"], *said(row)) for row in found] == [
        ("lane", None, "test.done", None, None, None, None),
        ("p1", None, "test.done", "x", "why", None, {"held": True}),
    ]


async def test_filters_and_pages_hold_each_action_once_the_newest_first(here: World) -> None:
    async with here.ours.acquire() as connection, connection.transaction():
        for number in range(5):
            await audit(connection, "schedule" if number % 2 else f"a-{here.channel}", f"test.{number}", channel=here.channel)
    found, cursor = [], None
    while True:
        page = await here.get("/v1/audit", channel=here.channel, limit=2, **({"cursor": cursor} if cursor else {}))
        found += [row["action"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == [f"test.{number}" for number in (4, 3, 2, 1, 0)]

    async def count(**query: str) -> int:
        return len((await here.get("/v1/audit", channel=here.channel, **query))["items"])

    assert [await count(actor="schedule"), await count(actor="Anna"), await count(actor=f"a-{here.channel}")] == [2, 3, 3]
    assert [await count(action="test.1"), await count(action="test.1", actor="Anna")] == [1, 0]


async def test_command_lists_actions_for_people_and_for_scripts(here: World, cli: Cli) -> None:
    assert (await cli("channel", "source", here.channel, "partners", "ingest", "--reason", "x" * 300)).code == 0
    assert (await cli("device", "enroll", here.channel, f"R1{here.channel}", "--reason", "new phone")).code == 0
    found = json.loads((await cli("audit", "list", "--channel", here.channel, "--json")).out)
    assert [(row["action"], row["actor"], row["reason"]) for row in found] == [
        ("device.enrol", "token", "new phone"),
        ("source.set", "token", "x" * 300),
    ]
    shown = await cli("audit", "list", "--channel", here.channel)
    assert (shown.code, max(len(line) for line in shown.out.splitlines())) <= (0, 100)
    assert "new phone" in " ".join(shown.out.split())
    limited = await cli("audit", "list", "--channel", here.channel, "--limit", "1", "--actor", "token")
    assert ("source.set" in limited.out, "--limit" in limited.err) == (False, True)
