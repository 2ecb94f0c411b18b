"""Runs end to end: what changed since the last transfer, everything, a moment, chosen keys; held, cancelled and resumed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.sandbox.device.device import Device
from tests.integration.runs_bed import ask, counts, ended, moded, post
from tests.stack import eventually
from tests.system import System

RENAME = "update cee.partner set name = '{name}' where number = 'P1@'"


async def name_in_feed(system: System, channel: str) -> str | None:
    row = await system.feed(channel, "partners", "P1@")
    return None if row is None else row["name"]


async def test_a_run_over_nothing_due_ends_at_once_and_sends_nothing(system: System, fresh: tuple[str, Device]) -> None:
    channel, _ = fresh
    await ended(system, await ask(system, channel))
    run = await ended(system, await ask(system, channel))
    assert run["state"] == "completed"
    assert sum(sum(kind["counts"].values()) for kind in run["progress"]) == 0


async def test_a_run_is_followed_event_by_event_to_its_end(system: System, fresh: tuple[str, Device]) -> None:
    channel, _ = fresh
    run = await ask(system, channel, since="anytime", kinds=["partners"])
    async with system.http.stream("GET", f"/v1/runs/{run}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line async for line in answer.aiter_lines()]
    told = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert [line for line in lines if line.startswith("id: ")] == [f"id: {number}" for number in range(1, len(told) + 1)]
    assert {one["id"] for one in told} == {run}
    assert told[-1] == (await system.http.get(f"/v1/runs/{run}")).json()
    assert told[-1]["state"] == "completed"
    async with system.http.stream("GET", f"/v1/runs/{run}/events", params={"seconds": 0}) as answer:
        assert sum([line.startswith("data: ") async for line in answer.aiter_lines()]) == 1


async def test_on_demand_nothing_flows_until_a_run_and_it_sends_just_what_changed(system: System, fresh: tuple[str, Device]) -> None:
    channel, device = fresh
    await ended(system, await ask(system, channel))
    async with moded(system, channel, "on-demand"):
        await system.change(channel, RENAME.format(name="Later"))
        await eventually(lambda: _published(system, channel), within=20)
        assert await name_in_feed(system, channel) != "Later"
        run = await ended(system, await ask(system, channel))
        assert await name_in_feed(system, channel) == "Later"
        assert counts(run, "partners") == {"sent": 1}
        again = await ended(system, await ask(system, channel))
        assert sum(sum(kind["counts"].values()) for kind in again["progress"]) == 0
    await device.pull()
    assert device.rows("partners")[f"P1{channel}"]["name"] == "Later"


async def _published(system: System, channel: str) -> bool:
    """A change is behind the source, before the exporter."""
    rows = (await system.http.get(f"/v1/channels/{channel}/export/markers")).json()
    return sum(row["behind"] for row in rows if row["kind"] == "partners") > 0


async def test_anytime_sends_all_again_as_unchanged_and_forced_reaches_the_device(system: System, fresh: tuple[str, Device]) -> None:
    channel, device = fresh
    run = await ended(system, await ask(system, channel, since="anytime", kinds=["partners"]))
    assert run["state"] in ("completed", "completed_with_warnings"), run
    assert counts(run, "partners")["unchanged"] >= 2
    await device.pull()
    before = len(device.log())
    forced = await ended(system, await ask(system, channel, since="anytime", kinds=["partners"], force=True))
    assert counts(forced, "partners")["sent"] >= 2
    await device.pull()
    assert {entry.kind for entry in device.log()[before:]} == {"partners"}


async def test_a_run_since_a_moment_hands_on_again_what_was_published_then(system: System, fresh: tuple[str, Device]) -> None:
    channel, _ = fresh
    await ended(system, await ask(system, channel))
    moment = (await system.ours.fetchval("select clock_timestamp()")).isoformat()
    await system.change(channel, RENAME.format(name="After"))
    await eventually(lambda: _is(system, channel, "After"), within=20)
    run = await ended(system, await ask(system, channel, since="timestamp", since_at=moment))
    assert counts(run, "partners") == {"unchanged": 1}
    marker = next(kind for kind in run["progress"] if kind["kind"] == "partners")
    assert marker["marker_before"] == marker["marker_after"]


async def _is(system: System, channel: str, name: str) -> bool:
    return await name_in_feed(system, channel) == name


@pytest.mark.parametrize("mode", ["live", "on-demand"])
async def test_chosen_keys_pass_without_moving_the_marker(system: System, fresh: tuple[str, Device], mode: str) -> None:
    channel, _ = fresh
    await ended(system, await ask(system, channel))
    async with moded(system, channel, mode):
        if mode == "on-demand":
            await system.change(channel, "update cee.partner set name = 'Other' where number = 'P2@'")
            await eventually(lambda: _published(system, channel), within=20)
        run = await ended(system, await ask(system, channel, kinds=["partners"], keys=[f"P1{channel}"], force=True))
        assert counts(run, "partners") == {"sent": 1}
        if mode == "on-demand":
            kind = run["progress"][0]
            assert kind["marker_before"] == kind["marker_after"]
            row = await system.feed(channel, "partners", "P2@")
            assert row is not None
            assert row["name"] != "Other"


async def test_a_held_run_goes_on_when_it_is_released(system: System, fresh: tuple[str, Device]) -> None:
    channel, _ = fresh
    await ended(system, await ask(system, channel))
    await post(system, f"/v1/channels/{channel}/export/hold", {"reason": "price review"}, 200)
    await system.change(channel, RENAME.format(name="Held"))
    await eventually(lambda: _published(system, channel), within=20)
    run = await ask(system, channel)
    shown = await eventually(lambda: _held(system, run), within=20)
    assert (shown["state"], shown["held"]) == ("running", True)
    assert not await _is(system, channel, "Held")
    await post(system, f"/v1/channels/{channel}/export/release", None, 200)
    assert (await ended(system, run))["state"] in ("completed", "completed_with_warnings")
    assert await _is(system, channel, "Held")


async def _held(system: System, run: str) -> dict[str, Any] | None:
    shown: dict[str, Any] = (await system.http.get(f"/v1/runs/{run}")).json()
    return shown if shown["detail"] and "price review" in shown["detail"] else None


async def test_a_cancelled_run_is_resumed_where_it_was(system: System, fresh: tuple[str, Device]) -> None:
    channel, _ = fresh
    await post(system, f"/v1/channels/{channel}/export/hold", {"reason": "to catch it"}, 200)
    run = await ask(system, channel, since="anytime")
    await post(system, f"/v1/runs/{run}/cancel", {"reason": "too early"})
    assert (await ended(system, run))["state"] == "cancelled"
    refused = await system.http.post(f"/v1/runs/{run}/cancel", json={})
    assert (refused.status_code, refused.json()["code"]) == (409, "run_state")
    await post(system, f"/v1/channels/{channel}/export/release", None, 200)
    await post(system, f"/v1/runs/{run}/resume")
    assert (await ended(system, run))["state"] in ("completed", "completed_with_warnings")


async def test_two_runs_of_a_direction_do_not_overlap(system: System, fresh: tuple[str, Device]) -> None:
    channel, _ = fresh
    await post(system, f"/v1/channels/{channel}/export/hold", {"reason": "to keep the first at work"}, 200)
    await system.change(channel, RENAME.format(name="Overlap"))
    first = await ask(system, channel)
    await eventually(lambda: _state(system, first, "running"), within=20)
    second = await ask(system, channel, kinds=["articles"])
    assert await ask(system, channel, kinds=["articles"]) == second
    answer = await system.http.post(f"/v1/channels/{channel}/export/runs", json={"overlap": "refuse"})
    assert (answer.status_code, answer.json()["code"]) == (409, "run_overlap")
    shown = await eventually(lambda: _state(system, second, "waiting"), within=5)
    await eventually(lambda: _code(system, second, "run_overlap"), within=10)
    assert shown
    await post(system, f"/v1/channels/{channel}/export/release", None, 200)
    for run in (first, second):
        assert (await ended(system, run))["state"] in ("completed", "completed_with_warnings")


async def _state(system: System, run: str, state: str) -> bool:
    return bool((await system.http.get(f"/v1/runs/{run}")).json()["state"] == state)


async def _code(system: System, run: str, code: str) -> bool:
    return bool((await system.http.get(f"/v1/runs/{run}")).json()["code"] == code)


async def test_a_restored_marker_sends_again_what_it_said_it_would(system: System, fresh: tuple[str, Device]) -> None:
    channel, _ = fresh
    first = await ask(system, channel)
    await ended(system, first)
    await system.change(channel, RENAME.format(name="Again"))
    await eventually(lambda: _is(system, channel, "Again"), within=20)
    target = {"before_run": first, "kinds": ["partners"]}
    path = f"/v1/channels/{channel}/export/markers"
    said = await post(system, f"{path}/diff", target, 200)
    assert sum(row["objects"] for row in said) == 1
    assert await post(system, f"{path}/restore", target, 200) == said
    causes = (await system.http.get(f"{path}/history")).json()["items"]
    assert next(row["cause"] for row in causes if row["kind"] == "partners") == "moved"


async def test_an_inactive_channel_gets_no_run(system: System, channel: str) -> None:
    await system.company(channel, active=False)
    answer = await system.http.post(f"/v1/channels/{channel}/export/runs", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "channel_inactive")


async def test_imports_run_again_from_the_beginning_change_nothing(system: System, fresh: tuple[str, Device]) -> None:
    channel, _ = fresh
    run = await ended(system, await ask(system, channel, "import", since="anytime"))
    assert run["state"] == "completed"
    assert [kind["kind"] for kind in run["progress"]] == ["partners", "documents", "attachments", "visits"]
