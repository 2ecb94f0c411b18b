"""Schedules as operators define them, over HTTP and by commands: what is stored, shown, changed, refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from schemas.channel import encode_channel
from tests.integration.control_world import Cli, Operated, World
from tests.stack import eventually


@pytest.fixture
async def here(control_of_module: Operated, channel: str) -> AsyncIterator[World]:
    async with control_of_module.world(channel) as made:
        yield made


@pytest.fixture
def cli(here: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    return Cli(here.environment, monkeypatch, capsys)


def name(here: World) -> str:
    return f"night.{encode_channel(here.channel)}"


async def add(here: World, **more: object) -> dict[str, Any]:
    body = {"name": name(here), "channel": here.channel, "direction": "export", "cron": "0 22 * * *"} | more
    answer = await here.http.post("/v1/schedules", json={key: value for key, value in body.items() if value is not None})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def change(here: World, **body: object) -> dict[str, Any]:
    answer = await here.http.patch(f"/v1/schedules/{name(here)}", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_new_schedule_takes_the_channels_time_zone_and_shows_its_next_three_runs(here: World) -> None:
    made = await add(here, kinds=["price-lists", "partners"])
    assert made["time_zone"] == "Europe/Warsaw"
    assert made["kinds"] == ["partners", "price-lists"]
    walls = [datetime.fromisoformat(moment) for moment in made["next"]]
    assert [(wall.hour, wall.minute) for wall in walls] == [(22, 0)] * 3
    assert len({wall.date() for wall in walls}) == 3
    stored = await here.ours.fetchval("select next_at from ceebus.schedule where name = $1", made["name"])
    assert stored == walls[0]
    assert made == await here.get(f"/v1/schedules/{made['name']}")
    assert made in (await here.get("/v1/schedules", channel=here.channel))["items"]


async def test_change_replaces_the_way_to_recur_and_finds_the_next_moment_anew(here: World) -> None:
    await add(here, window="22:00-05:00")
    changed = await change(here, every_minutes=30)
    assert (changed["cron"], changed["every_minutes"], changed["window"]) == (None, 30, "22:00-05:00")
    assert (await change(here, window=None))["window"] is None
    kept = await change(here, priority=2)
    assert (kept["priority"], kept["every_minutes"]) == (2, 30)
    once = await change(here, once_at="2099-12-24T22:00")
    assert [datetime.fromisoformat(moment).isoformat() for moment in once["next"]] == ["2099-12-24T22:00:00+01:00"]


async def test_change_of_something_else_does_not_lose_what_is_due(here: World) -> None:
    await add(here)
    await here.ours.execute("update ceebus.schedule set next_at = now() + interval '1 minute' where name = $1", name(here))
    before = await here.ours.fetchval("select next_at from ceebus.schedule where name = $1", name(here))
    await change(here, priority=1, kinds=["partners"])
    assert await here.ours.fetchval("select next_at from ceebus.schedule where name = $1", name(here)) == before


async def test_disabled_schedule_is_never_due_and_an_enabled_one_begins_now(here: World) -> None:
    await add(here)
    assert (await change(here, enabled=False))["next"] == []
    assert await here.ours.fetchval("select next_at from ceebus.schedule where name = $1", name(here)) is None
    assert len((await change(here, enabled=True))["next"]) == 3


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"cron": "0 12 * * *", "window": "22:00-05:00"}, 400, "schedule_invalid"),
        ({"cron": None}, 400, "schedule_invalid"),
        ({"every_minutes": 5}, 400, "schedule_invalid"),
        ({"cron": None, "once_at": "2020-01-01T00:00:00Z"}, 400, "schedule_invalid"),
        ({"cron": None, "once_at": "9999-12-31T23:59:59-23:00"}, 400, "schedule_invalid"),
        ({"time_zone": "Mars/Olympus"}, 400, "schedule_invalid"),
        ({"time_zone": "../etc/passwd"}, 400, "schedule_invalid"),
        ({"window": "22:00-24:00"}, 422, "request_invalid"),
        ({"kinds": ["visits"]}, 404, "kind_unknown"),
        ({"queue": "nowhere"}, 404, "queue_unknown"),
        ({"channel": "?"}, 404, "channel_unknown"),
        ({"kindz": []}, 422, "request_invalid"),
    ],
)
async def test_schedule_that_makes_no_sense_is_refused(here: World, fields: dict[str, object], status: int, code: str) -> None:
    body = {"name": name(here), "channel": here.channel, "direction": "export", "cron": "0 22 * * *"} | fields
    answer = await here.http.post("/v1/schedules", json={key: value for key, value in body.items() if value is not None})
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert (await here.get("/v1/schedules", channel=here.channel))["items"] == []


async def test_name_is_given_once_and_free_again_after_removal(here: World) -> None:
    made = await add(here)
    answer = await here.http.post("/v1/schedules", json={key: made[key] for key in ("name", "channel", "direction", "cron")})
    assert (answer.status_code, answer.json()["code"]) == (409, "schedule_exists")
    assert (await here.http.delete(f"/v1/schedules/{made['name']}")).status_code == 204
    rows = await here.ours.fetch(
        "select actor, action, channel, before is null from ceebus.audit where object = $1 order by id", name(here)
    )
    assert [tuple(row) for row in rows] == [
        ("token", "schedule.add", here.channel, True), ("token", "schedule.remove", here.channel, False),
    ]  # fmt: skip
    for method in ("GET", "DELETE"):
        answer = await here.http.request(method, f"/v1/schedules/{made['name']}")
        assert (answer.status_code, answer.json()["code"]) == (404, "schedule_unknown")
    await add(here)


async def test_control_serves_what_is_due_and_shows_what_came_of_it(here: World) -> None:
    """The company's channel is inactive."""
    await add(here)
    await here.ours.execute("update ceebus.schedule set next_at = now() where name = $1", name(here))
    await here.ours.execute("select pg_notify('ceebus_schedule', '')")

    async def served() -> Any:
        shown = await here.get(f"/v1/schedules/{name(here)}")
        return shown if shown["last_outcome"] else None

    shown = await eventually(served, within=30)
    assert (shown["last_outcome"], shown["last_run"], len(shown["next"])) == ("channel_inactive", None, 3)
    assert "inactive" in shown["last_detail"]


async def test_commands_add_show_change_and_remove(here: World, cli: Cli) -> None:
    named = name(here)
    spoken = ("schedule", "add", named, here.channel, "export", "--kind", "partners", "--every", "30", "--window", "22:00-05:00")
    made = json.loads((await cli(*spoken, "--missed", "once", "--json")).out)
    assert (made["every_minutes"], made["kinds"], made["missed"], made["window"]) == (30, ["partners"], "once", "22:00-05:00")
    listed = await cli("schedule", "list", here.channel)
    assert f"{made['next'][0][:10]} {made['next'][0][11:16]} {made['next'][0][-6:]}" in listed.out
    assert max(len(line) for line in listed.out.splitlines()) <= 100
    changed = json.loads((await cli("schedule", "set", named, "--cron", "15 6 * * MON-FRI", "--all-day", "--all-kinds", "--json")).out)
    assert (changed["cron"], changed["every_minutes"], changed["kinds"], changed["window"]) == ("15 6 * * MON-FRI", None, None, None)
    assert "disabled" in (await cli("schedule", "set", named, "--disable")).out
    assert "15 6 * * MON-FRI" in (await cli("schedule", "show", named)).out
    assert (await cli("schedule", "set", named)).code == 2
    assert (await cli("schedule", "remove", named)).code == 0
    gone = await cli("schedule", "show", named)
    assert (gone.code, "schedule_unknown" in gone.err) == (1, True)
