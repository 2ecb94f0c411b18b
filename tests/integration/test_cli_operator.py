"""The commands that speak to control: tables and JSON, exit codes, errors with a next step."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from services.kernel.tokens import token_hash
from tests.integration.control_world import Cli, Operated, World


@pytest.fixture
async def here(control_of_module: Operated, channel: str) -> AsyncIterator[World]:
    async with control_of_module.world(channel) as made:
        yield made


@pytest.fixture
def cli(here: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(here.environment, monkeypatch, capsys)


async def test_channels_are_listed_for_people_and_for_scripts(here: World, cli: Cli) -> None:
    answer = await cli("channel", "list", "--json")
    assert [row["currency"] for row in json.loads(answer.out) if row["id"] == here.channel] == ["PLN"]
    answer = await cli("channel", "list")
    assert any(line.split()[:3] == [here.channel, "Test", "no"] for line in answer.out.splitlines())
    answer = await cli("channel", "show", here.channel)
    assert f"W{here.channel}" in answer.out
    assert (answer.code, answer.err) == (0, "")


async def test_status_shows_the_same_figures_as_its_json(here: World, cli: Cli) -> None:
    await here.feed("partners", "1", 1)
    await here.due("partners", "2", "field_missing")
    [found] = json.loads((await cli("status", here.channel, "--json")).out)
    partners = {row["kind"]: row for row in found["kinds"]}["partners"]
    assert (partners["in_cee"], partners["feed"], partners["due"]) == (2, 1, 1)
    text = (await cli("status", here.channel)).out
    [line] = [line.split() for line in text.splitlines() if line.startswith("partners ")]
    assert line[1:8] == ["2", "0", "0", "1", "-", "1", "0"]
    assert "field_missing 1" in text


async def test_tables_fit_a_page_whatever_they_show(here: World, cli: Cli) -> None:
    await here.due("article-categories", "key/" * 120, "category_duplicate_article", article="A" * 200, key="[red]\x1b[31m")
    await here.feed("price-lists", "x" * 300, 123_456_789)
    for command in (("due", "list"), ("status", here.channel), ("channel", "show", here.channel), ("channel", "list"), ("device", "list")):
        answer = await cli(*command)
        assert (answer.code, max(len(line) for line in answer.out.splitlines())) <= (0, 100), command
        assert "\x1b" not in answer.out
    assert "[red]\\x1b[31m" in (await cli("due", "show", here.channel, "article-categories", "key/" * 120)).out


async def test_device_is_enrolled_shown_and_revoked(here: World, cli: Cli) -> None:
    made = json.loads((await cli("device", "enroll", here.channel, f"R1{here.channel}", "--name", "Telefon", "--json")).out)
    assert made["code"] in (await cli("device", "enroll", here.channel, f"R1{here.channel}", "--device", made["id"])).out or made["code"]
    assert json.loads((await cli("device", "show", made["id"], "--json")).out)["state"] == "enrolled"
    assert "Telefon" in (await cli("device", "list", here.channel)).out
    assert json.loads((await cli("device", "revoke", made["id"], "--json")).out)["state"] == "revoked"
    assert await here.ours.fetchval("select state from ceebus.device where id = $1", made["id"]) == "revoked"


async def test_code_is_shown_to_people_once(here: World, cli: Cli) -> None:
    answer = await cli("device", "enroll", here.channel, f"R1{here.channel}")
    [code] = [line.split()[1] for line in answer.out.splitlines() if line.startswith("code")]
    assert len(code.replace("-", "")) == 16
    assert code not in (await cli("device", "list", "--json")).out


async def test_due_records_are_listed_retried_and_discarded(here: World, cli: Cli) -> None:
    await here.due("partners", "1", "field_missing", b'{"key": "1", "name": "\xc5\xbb"}', field="name")
    await here.due("partners", "2", "field_invalid")
    assert "Required field name is missing." in " ".join((await cli("due", "list", here.channel)).out.split())
    assert "Pflichtfeld name fehlt." in (await cli("due", "list", here.channel, "--lang", "de", "--json")).out
    assert '"name": "Ż"' in (await cli("due", "show", here.channel, "partners", "1")).out
    answer = await cli("due", "retry", here.channel, "partners", "1", "--json")
    assert (answer.code, json.loads(answer.out)) == (0, {"chosen": 1, "done": 1})
    assert await here.wanted() == [("partners", "1", "republish")]
    answer = await cli("due", "discard", here.channel, "partners", "2", "--reason", "test data")
    assert (answer.code, answer.out) == (0, "1 discarded.\n")
    assert [row["key"] for row in json.loads((await cli("due", "list", here.channel, "--json")).out)] == ["1"]
    assert (await cli("due", "list", here.channel, "--limit", "1")).err == ""


async def test_retry_that_fits_nothing_is_not_a_success(here: World, cli: Cli) -> None:
    answer = await cli("due", "retry", here.channel, "partners", "1", "--json")
    assert answer.code == 1
    assert json.loads(answer.out)["error"]["code"] == "due_unknown"


async def test_source_of_a_kind_is_shown_and_set(here: World, cli: Cli) -> None:
    answer = await cli("channel", "source", here.channel, "availability", "ingest", "--json")
    assert json.loads(answer.out) == {"availability": "ingest"}
    assert json.loads((await cli("channel", "source", here.channel, "--json")).out)["availability"] == "ingest"
    assert (await cli("channel", "source", here.channel, "availability", "fax")).code == 2
    assert (await cli("channel", "source", here.channel, "orders")).code == 2


@pytest.mark.parametrize("command", [("channel", "show", "??"), ("status", "??"), ("due", "list", "??"), ("device", "list", "??")])
async def test_unknown_channel_is_told_with_the_known_ones_and_the_next_step(here: World, cli: Cli, command: tuple[str, ...]) -> None:
    answer = await cli(*command)
    assert (answer.code, answer.out) == (1, "")
    error, following = answer.err.splitlines()
    assert error.startswith("error: There is no channel ??. Known channels: ")
    assert here.channel in error
    assert error.endswith("[channel_unknown]")
    assert "`ceebus channel list`" in following
    error = json.loads((await cli(*command, "--json")).out)["error"]
    assert (error["code"], "ceebus channel list" in error["next"]) == ("channel_unknown", True)


async def test_status_waits_no_longer_than_it_is_told(here: World, cli: Cli) -> None:
    await here.cee.execute("update cee.channel set active = true where id = $1", here.channel)
    answer = await cli("status", here.channel, "--wait", "0.1")
    assert (answer.code, "[still_on_its_way]" in answer.err) == (1, True)


async def test_other_token_is_refused_with_the_next_step(here: World, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CEEBUS_OPERATOR_TOKEN", "another")
    answer = await cli("channel", "list")
    assert answer.code == 1
    assert "[token_refused]" in answer.err
    assert "CEEBUS_OPERATOR_TOKEN" in answer.err


async def test_settings_are_shown_without_secrets_and_checked(here: World, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CEEBUS_SOURCE", "127.0.0.1:1")
    monkeypatch.setenv("CEEBUS_BLOBS", str(here.settings.home))
    answer = await cli("config", "check", "--json")
    assert answer.code == 3
    found = json.loads(answer.out)
    well = ("kafka", "database", "cee database", "cee views", "blobs", "control")
    assert {name: found["checks"][name] for name in well} == dict.fromkeys(well, "ok")
    assert found["checks"]["source"].startswith("does not answer")
    assert here.settings.operator_token not in answer.out
    assert {row["name"]: row["from"] for row in found["settings"]}["CEEBUS_SOURCE"] == "environment"


async def test_a_back_office_app_gets_a_token_that_is_shown_once(here: World, cli: Cli) -> None:
    made = json.loads((await cli("client", "add", here.channel, "Biuro", "--json")).out)
    assert made["token"].startswith("cbm_")
    listed = await cli("client", "list", here.channel)
    assert ("Biuro" in listed.out, "active" in listed.out, made["token"] in listed.out) == (True, True, False)
    assert await here.ours.fetchval("select token_hash from ceebus.client where id = $1", made["id"]) == token_hash(made["token"])
    assert json.loads((await cli("client", "revoke", made["id"], "--json")).out)["revoked_at"]
    assert "revoked" in (await cli("client", "list", here.channel)).out
    assert (await cli("client", "revoke", "nobody")).code == 1
    assert "token   cbm_" in (await cli("client", "add", here.channel, "Biuro")).out
