"""Asking for replays: what is refused, and the commands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from schemas import topics
from services.kernel.kafka_admin import ensure_topics
from tests.integration.control_world import Cli, Operated, World
from tests.integration.gateway_world import is_problem
from tests.integration.replay_bed import publish


@pytest.fixture
async def here(control_of_module: Operated, channel: str) -> AsyncIterator[World]:
    async with control_of_module.world(channel) as made:
        await ensure_topics(made.settings.kafka, topics.declared(channel))
        yield made


async def test_replay_that_cannot_be_is_refused(here: World) -> None:
    path = f"/v1/channels/{here.channel}/replays"
    for body in ({}, {"name": "Crm"}, {"name": "a.b"}, {"name": "x", "rate": 0}, {"name": "x", "since": "2026-01-01T00:00:00"}):
        assert is_problem(await here.http.post(path, json=body), 422, "request_invalid"), body
    assert is_problem(await here.http.post(path, json={"name": "crm", "kinds": ["visits"]}), 404, "kind_unknown")
    assert is_problem(await here.http.post("/v1/channels/zzz/replays", json={"name": "crm"}), 404, "channel_unknown")
    for method, tail in (("GET", ""), ("POST", "/cancel")):
        assert is_problem(await here.http.request(method, f"{path}/{uuid4()}{tail}"), 404, "replay_unknown")
    assert is_problem(await here.http.get(path, params={"cursor": "WyJ4IiwieCJd"}), 400, "cursor_invalid")


@pytest.fixture
def cli(here: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(here.environment, monkeypatch, capsys)


async def test_commands_start_show_and_cancel_replays(here: World, cli: Cli) -> None:
    await publish(here.settings.kafka, here.channel, "partners", range(300))
    answer = await cli("replay", here.channel, "--to", "crm", "--kind", "partners", "--from-start", "--rate", "10/s")
    assert (answer.code, answer.err) == (0, "")
    assert "up to   300 records at 10 a second" in answer.out
    replay = answer.out.split()[1]
    assert replay in (await cli("replay", "list", here.channel)).out
    assert (await cli("replay", "cancel", here.channel, replay)).code == 0
    assert "cancelled" in (await cli("replay", "show", here.channel, replay)).out
    enrolled = await cli("device", "enroll", here.channel, f"R1{here.channel}", "--device", f"d{here.channel}")
    assert enrolled.code == 0
    assert "everything" in (await cli("replay", here.channel, "--device", f"d{here.channel}", "--all")).out
    assert "asked" in (await cli("replay", "device", f"d{here.channel}")).out
    for wrong in (("--to", "crm"), ("--all",), ("--to", "crm", "--device", "d", "--all"), ("--to", "crm", "--all", "--rate", "fast")):
        assert (await cli("replay", here.channel, *wrong)).code == 2, wrong
