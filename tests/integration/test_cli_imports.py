"""The commands about uploads: figures, answers, what waits, and what is asked of the writer."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from tests.integration.control_world import Cli, Operated, World
from tests.integration.import_world import kept, upload


@pytest.fixture
async def here(control_of_module: Operated, channel: str) -> AsyncIterator[World]:
    async with control_of_module.world(channel) as made:
        yield made


@pytest.fixture
def cli(here: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(here.environment, monkeypatch, capsys)


async def test_status_of_imports_shows_the_same_figures_as_its_json(here: World, cli: Cli) -> None:
    await upload(here, "partners")
    await upload(here, "partners", "rejected", "tax_id_invalid", value="x")
    found = json.loads((await cli("import", "status", here.channel, "--json")).out)
    assert [found["kinds"][0][name] for name in ("uploaded", "imported", "rejected")] == [2, 1, 1]
    answer = await cli("import", "status", here.channel)
    [line] = [line.split() for line in answer.out.splitlines() if line.startswith("partners ")]
    assert line == ["partners", "2", "1", "0", "0", "1", "0", "0", "0", "-"]
    assert "partners: tax_id_invalid 1" in answer.out
    assert (answer.code, max(len(line) for line in answer.out.splitlines()) <= 100) == (0, True)


async def test_answers_are_shown_in_the_language_asked_for(here: World, cli: Cli) -> None:
    await upload(here, "documents", number="ZS/17", warned=["field_read_only"])
    await upload(here, "documents", "rejected", "field_missing", field="rep", sender="device/" + "D" * 40)
    text = " ".join((await cli("results", here.channel)).out.split())
    assert "ZS/17" in text
    assert "Warning: " in text
    assert "Pflichtfeld rep fehlt." in (await cli("results", here.channel, "--lang", "de", "--json")).out
    rows = json.loads((await cli("results", here.channel, "--outcome", "rejected", "--final", "--json")).out)
    assert [row["code"] for row in rows] == ["field_missing"]
    assert json.loads((await cli("results", here.channel, "--open", "--json")).out) == []
    assert max(len(line) for line in (await cli("results", here.channel)).out.splitlines()) <= 100
    assert "more than 1" in (await cli("results", here.channel, "--limit", "1")).err


async def test_a_waiting_upload_is_looked_at_confirmed_retried_and_discarded(here: World, cli: Cli) -> None:
    identity = uuid4()
    source = await upload(here, "partners", "waiting", "warning_not_confirmed", identity=identity)
    await kept(here, "partners", source, identity, "warning_not_confirmed", {"name": "Żabka"})
    listed = json.loads((await cli("due", "list", here.channel, "--json")).out)
    assert [(row["kind"], row["key"], row["sender"]) for row in listed] == [("import/partners", str(source), "device/D1")]
    assert '"name": "Żabka"' in (await cli("due", "show", here.channel, "import/partners", str(source))).out
    assert json.loads((await cli("due", "show", here.channel, "import/partners", str(source), "--json")).out)["key"] == str(source)
    assert (await cli("due", "confirm", here.channel)).out == "The writer was asked to import 1.\n"
    assert (await cli("due", "retry", here.channel, "import/partners", str(source))).out == "The writer was asked to judge 1 again.\n"
    answer = await cli("due", "discard", here.channel, "import/partners", str(source), "--reason", "twice")
    assert answer.out == "The writer was asked to refuse 1.\n"
    assert await here.wanted() == [("import/partners", str(source), action) for action in ("confirm", "retry", "discard")]
    assert (await cli("due", "confirm", here.channel, "import/visits")).code == 1


@pytest.mark.parametrize("command", [("import", "status", "??"), ("results", "??"), ("due", "confirm", "??")])
async def test_unknown_channel_is_told_with_the_next_step(here: World, cli: Cli, command: tuple[str, ...]) -> None:
    answer = await cli(*command)
    assert (answer.code, answer.out) == (1, "")
    assert "[channel_unknown]" in answer.err
