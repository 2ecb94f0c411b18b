"""Processing queues: what belongs to them, in which order runs wait, and that a used one stays."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.kernel.postgres import connect
from tests.integration.control_world import Cli, Operated, World
from tests.stack import Databases, eventually

TRANSFER = "insert into ceebus.transfer(channel, direction, mode, queue, weight) values($1, $2, $3, $4, $5)"
RUN = """
insert into ceebus.run(id, channel, direction, kinds, since, queue, priority, state, asked_by, starts_at, finished_at)
values($1, $2, $3, array['partners'], 'anytime', $4, $5, $6, 'test', now() + $7 * interval '1 second', null)"""


@pytest.fixture(scope="module")
async def nobody_leads(databases: Databases) -> AsyncIterator[None]:
    """The lock of the manager of runs is in other hands: none is started, so that rows stay as the tests put them."""
    leading = await connect(databases.ours)
    try:
        await leading.fetchval("select pg_advisory_lock(hashtext('ceebus.runs'))")
        yield
    finally:
        await leading.close()


@pytest.fixture
async def here(nobody_leads: None, control_of_module: Operated, channel: str) -> AsyncIterator[World]:
    async with control_of_module.world(channel) as made:
        yield made


@pytest.fixture
async def night(here: World) -> str:
    """A queue of this test's own."""
    made = f"night-{uuid4().hex[:8]}"
    answer = await here.http.post("/v1/queues", json={"name": made, "slots": 2})
    assert answer.status_code == 201, answer.text
    return made


async def run(here: World, queue: str, state: str, priority: int = 5, starts_in: int = 0, direction: str = "export") -> UUID:
    made = uuid4()
    await here.ours.execute(RUN, made, here.channel, direction, queue, priority, state, starts_in)
    return made


async def of(here: World, queue: str) -> dict[str, Any]:
    return dict(await here.get(f"/v1/queues/{queue}"))


async def test_direction_nobody_has_placed_belongs_to_default_and_is_live(here: World, night: str) -> None:
    both = [(row["direction"], row["mode"]) for row in (await of(here, "default"))["transfers"] if row["channel"] == here.channel]
    assert both == [("export", "live"), ("import", "live")]
    await here.ours.execute(TRANSFER, here.channel, "export", "scheduled", night, 3)
    assert [row["direction"] for row in (await of(here, "default"))["transfers"] if row["channel"] == here.channel] == ["import"]
    placed = {"channel": here.channel, "direction": "export", "mode": "scheduled", "weight": 3, "held": False}
    assert (await of(here, night))["transfers"] == [placed]


async def test_runs_wait_by_priority_and_then_by_time(here: World, night: str) -> None:
    late, early = await run(here, night, "waiting", 5, 20), await run(here, night, "waiting", 5, 10)
    urgent, at_work = await run(here, night, "waiting", 1, 30), await run(here, night, "running")
    await run(here, night, "completed")
    found = await of(here, night)
    assert [row["id"] for row in found["waiting"]] == [str(urgent), str(early), str(late)]
    assert ([row["id"] for row in found["running"]], found["waiting_count"]) == ([str(at_work)], 3)


async def test_long_line_is_counted_whole(here: World, night: str) -> None:
    for number in range(60):
        await run(here, night, "waiting", 5, number)
    found = await of(here, night)
    assert (len(found["waiting"]), found["waiting_count"]) == (50, 60)


async def test_slots_and_pause_change_alone(here: World, night: str) -> None:
    paused = (await here.http.patch(f"/v1/queues/{night}", json={"paused": True})).json()
    assert (paused["slots"], paused["paused"]) == (2, True)
    changed = (await here.http.patch(f"/v1/queues/{night}", json={"slots": 32})).json()
    assert (changed["slots"], changed["paused"]) == (32, True)
    assert (await here.http.patch(f"/v1/queues/{night}", json={"slots": 33})).status_code == 422


async def test_change_wakes_whoever_starts_runs(here: World, night: str) -> None:
    heard: list[str] = []
    listening = await connect(here.settings.database_url)
    try:
        await listening.add_listener("ceebus_run", lambda _connection, _pid, channel, _payload: heard.append(channel))
        await here.http.patch(f"/v1/queues/{night}", json={"slots": 5})
        await eventually(lambda: heard == ["ceebus_run"])
    finally:
        await listening.close()


@pytest.mark.parametrize("user", ["transfer", "schedule", "waiting", "completed"])
async def test_queue_stays_while_something_names_it(here: World, night: str, user: str) -> None:
    if user == "transfer":
        await here.ours.execute(TRANSFER, here.channel, "export", "live", night, 1)
    elif user == "schedule":
        body = {"name": night, "channel": here.channel, "direction": "import", "every_minutes": 60, "queue": night}
        assert (await here.http.post("/v1/schedules", json=body)).status_code == 201
    else:
        await run(here, night, user)
    answer = await here.http.delete(f"/v1/queues/{night}")
    assert (answer.status_code, answer.json()["code"]) == (409, "queue_in_use"), answer.text
    assert (await of(here, night))["name"] == night


async def test_unused_queue_goes_and_default_stays(here: World, night: str) -> None:
    assert (await here.http.post("/v1/queues", json={"name": night})).json()["code"] == "queue_exists"
    assert (await here.http.delete(f"/v1/queues/{night}", params={"reason": "no longer"})).status_code == 204
    rows = await here.ours.fetch("select action, reason, before, after from ceebus.audit where object = $1 order by id", night)
    assert [tuple(row) for row in rows] == [
        ("queue.add", None, None, {"slots": 2}), ("queue.remove", "no longer", {"slots": 2, "paused": False}, None),
    ]  # fmt: skip
    assert (await here.http.get(f"/v1/queues/{night}")).status_code == 404
    assert (await here.http.delete("/v1/queues/default")).status_code == 409


async def test_commands_show_and_steer(here: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    cli, night = Cli(here.environment, monkeypatch, capsys), f"night-{uuid4().hex[:8]}"
    assert (await cli("queue", "add", night, "--slots", "2")).out == f"queue {night}: 2 slots\n"
    assert (await cli("queue", "set", night, "--slots", "3")).out == f"queue {night}: 3 slots\n"
    assert (await cli("queue", "pause", night)).out == f"queue {night}: 3 slots, paused\n"
    await here.ours.execute(TRANSFER, here.channel, "import", "scheduled", night, 1)
    waiting = await run(here, night, "waiting")
    listed = (await cli("queue", "list")).out
    [line] = [line.split() for line in listed.splitlines() if line.startswith(night) and "yes" in line]
    assert line[1:] == ["3", "yes", "0", "1", here.channel, "import", "scheduled"]
    assert str(waiting) in listed
    assert max(len(line) for line in listed.splitlines()) <= 100
    assert json.loads((await cli("queue", "resume", night, "--json")).out)["paused"] is False
    refused = await cli("queue", "remove", night)
    assert (refused.code, "queue_in_use" in refused.err) == (1, True)
