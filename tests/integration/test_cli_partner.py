"""`ceebus cee partner`: what the head office decides about partners, and what it is told when that cannot be."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.kernel.postgres import Connection, connect
from tests.integration.control_world import Cli
from tests.stack import Databases

COMPANY = Path(__file__).parents[1] / "company"


@pytest.fixture
async def cee(databases: Databases, channel: str) -> AsyncIterator[Connection]:
    connection = await connect(databases.cee)
    for name in ("dictionaries.sql", "company.sql"):
        await connection.execute((COMPANY / name).read_text().replace("@", channel))
    yield connection
    await connection.close()


@pytest.fixture
def cli(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(environment, monkeypatch, capsys)


async def test_releasing_and_promoting_is_one_change_however_often_it_is_asked_for(cee: Connection, cli: Cli, channel: str) -> None:
    number = f"P1{channel}"
    await cee.execute("update cee.partner set status = 'blocked', role = 'prospect' where number = $1", number)
    made = json.loads((await cli("cee", "partner", "release", number, "--channel", channel, "--json")).out)
    assert (made["status"], made["role"], made["changed"]) == ("released", "prospect", True)
    again = json.loads((await cli("cee", "partner", "release", number, "--json")).out)
    assert (again["changed"], again["version"]) == (False, made["version"])
    answer = await cli("cee", "partner", "promote", number)
    assert (answer.code, "role customer" in answer.out) == (0, True)
    row = await cee.fetchrow("select status, role, version from cee.partner where number = $1", number)
    assert row is not None
    assert (row["status"], row["role"], row["version"] > made["version"]) == ("released", "customer", True)


async def test_only_a_partner_from_a_device_is_approved(cee: Connection, cli: Cli, channel: str) -> None:
    born, other = f"P1{channel}", f"P2{channel}"
    await cee.execute("update cee.partner set status = 'blocked' where number = any ($1)", [born, other])
    await cee.execute("update cee.partner set origin_source_id = gen_random_uuid() where number = $1", born)
    assert json.loads((await cli("cee", "partner", "approve", born, "--json")).out)["status"] == "released"
    refused = await cli("cee", "partner", "approve", other)
    assert (refused.code, "did not come from a device" in refused.err, f"release {other}" in refused.err) == (1, True, True)
    assert await cee.fetchval("select status from cee.partner where number = $1", other) == "blocked"


async def test_a_version_that_has_begun_does_not_hold_a_release_back(cee: Connection, cli: Cli, channel: str) -> None:
    number = f"P1{channel}"
    await cee.execute("insert into cee.partner_version(partner, valid_from, status) values($1, current_date - 2, 'blocked')", number)
    assert json.loads((await cli("cee", "partner", "release", number, "--json")).out)["changed"] is True
    seen = "select body ->> 'status' from cee.partners where channel = $1 and key = $2"
    assert await cee.fetchval(seen, channel, number) == "released"


async def test_what_cannot_be_says_why(cee: Connection, cli: Cli, channel: str) -> None:
    number = f"P1{channel}"
    for arguments, text in (
        (("release", "NOBODY"), "no partner NOBODY"),
        (("promote", number, "--channel", "zz"), "no channel zz"),
        (("release", f"R1{channel}", "--channel", channel), "does not belong to channel"),
    ):
        answer = await cli("cee", "partner", *arguments)
        assert (answer.code, answer.out, text in answer.err) == (1, "", True), answer.err
    await cee.execute("update cee.partner set status = 'inactive' where number = $1", number)
    failed = await cli("cee", "partner", "release", number, "--json")
    assert (failed.code, json.loads(failed.out)["error"]["code"]) == (1, "partner_inactive")
