"""F18: runs, modes, holds, kills, a second exporter and resets by Kafka's tools in any order; then the devices equal CEE.

A last-transfer run on the quiet system sends nothing, and no marker is ahead of what was settled.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from services.sandbox.supervisor import supervised
from tests.faults.form import full_or
from tests.faults.resets import is_empty, move_marker
from tests.faults.site import CHANNEL, LIMIT_S, Day, Site, day, following, site
from tests.stack import eventually

STEPS = full_or(120, 3)
FIRST = ("change", "run", "run", "cancel", "resume", "hold", "release", "mode", "kill", "visit", "reset")
FINISHED = ("completed", "completed_with_warnings", "completed_with_errors", "failed", "cancelled")
KINDS = ("master-data", "partners", "articles", "availability", "price-lists", "sales-documents")
BASE = f"/v1/channels/{CHANNEL}/export"
SESSION_S = 6  # a visitor that has gone keeps its place in the group so long, and a reset waits until the group is empty


@dataclass
class Operator:
    """Does something at random; `done` counts what."""

    here: Site
    changes: Day
    rng: Random
    done: Counter[str] = field(default_factory=Counter)
    runs: list[str] = field(default_factory=list)

    async def act(self, name: str | None = None) -> None:
        """What `name` says, or anything."""
        acts: dict[str, tuple[int, Callable[[], Awaitable[None]]]] = {
            "change": (3, self.change),
            "run": (4, self.run),
            "cancel": (2, self.cancel),
            "resume": (2, self.resume),
            "hold": (1, self.hold),
            "release": (2, self.release),
            "mode": (2, self.mode),
            "kill": (2, self.kill),
            "visit": (1, self.visit),
            "reset": (1, self.reset),
        }
        name = name or self.rng.choices(list(acts), [one[0] for one in acts.values()])[0]
        self.done[name] += 1
        await acts[name][1]()

    async def change(self) -> None:
        await self.changes.more(self.rng.randrange(5, 30))

    async def run(self) -> None:
        kinds = self.rng.sample(KINDS, self.rng.randrange(1, 4)) if self.rng.random() < 0.6 else []
        since: dict[str, Any] = self.rng.choice([{"since": "last-transfer"}, {"since": "anytime"}, {"since": "timestamp"}])
        if since["since"] == "timestamp":
            moment = await self.here.ours.fetchval("select clock_timestamp() - interval '5 seconds'")
            since["since_at"] = moment.isoformat()
        if self.rng.random() < 0.2:
            kinds, since = ["partners"], {"since": "last-transfer", "keys": await self._keys()}
        shown = await self.ask(f"{BASE}/runs", {"kinds": kinds, **since, "overlap": self.rng.choice(["wait", "merge"])})
        self.runs.append(shown["id"])

    async def _keys(self) -> list[str]:
        rows = await self.here.ours.fetch(
            "select key from ceebus.feed where channel = $1 and kind = 'partners' order by key limit 3", CHANNEL
        )
        return [row["key"] for row in rows]

    async def cancel(self) -> None:
        await self._any("cancel", ("waiting", "running"))

    async def resume(self) -> None:
        await self._any("resume", ("cancelled", "failed"))

    async def _any(self, what: str, states: tuple[str, ...]) -> None:
        shown = (await self.ask("/v1/runs?limit=50", None))["items"]
        chosen = [run["id"] for run in shown if run["state"] in states]
        if chosen:
            await self.ask(f"/v1/runs/{self.rng.choice(chosen)}/{what}", {}, allowed=(409,))  # it may have moved meanwhile

    async def hold(self) -> None:
        await self.ask(f"{BASE}/hold", {"reason": "at random"})

    async def release(self) -> None:
        await self.ask(f"{BASE}/release", {}, allowed=(409,))

    async def mode(self) -> None:
        body = {"mode": self.rng.choice(["live", "on-demand", "scheduled"])}
        await self.ask(f"{BASE}/mode", body, method="PUT")

    async def kill(self) -> None:
        name = self.rng.choice(["exporter", "feed", "source", "control"])
        await self.here.kill(name)
        if name == "control":
            await eventually(self.here.control_answers, within=LIMIT_S)

    async def visit(self) -> None:
        """A second exporter comes and goes."""
        async with supervised(["exporter-2"], self.here.environment):
            await self.changes.more(5)

    async def reset(self) -> None:
        """The lane is detached, and its marker moved with Kafka's own means: back or forward."""
        group = f"ceebus.export.{CHANNEL}"
        await self.ask(f"{BASE}/hold", {"reason": "reset", "detach": True})
        await eventually(lambda: is_empty(self.here.settings.kafka, group), within=LIMIT_S, every=0.1)
        await move_marker(self.here.settings.kafka, group, f"cee.{CHANNEL}.partners", self.rng)
        await self.ask(f"{BASE}/release", {})

    async def ask(self, path: str, body: dict[str, Any] | None, *, method: str = "", allowed: tuple[int, ...] = ()) -> Any:
        answer = await self.here.running.http.request(method or ("GET" if body is None else "POST"), path, json=body)
        assert answer.is_success or answer.status_code in allowed, f"{path}: {answer.text}"
        return answer.json()

    async def quiet(self) -> None:
        """Everything live again, every run at its end."""
        await self.release()
        await self.ask(f"{BASE}/mode", {"mode": "live"}, method="PUT")
        await eventually(self._all_ended, within=LIMIT_S, every=0.2)

    async def _all_ended(self) -> bool:
        shown = (await self.ask("/v1/runs?limit=1000", None))["items"]
        return all(run["state"] in FINISHED for run in shown)

    async def last_transfer(self) -> dict[str, Any]:
        run = (await self.ask(f"{BASE}/runs", {}))["id"]

        async def ended() -> dict[str, Any] | None:
            shown: dict[str, Any] = await self.ask(f"/v1/runs/{run}", None)
            return shown if shown["finished_at"] else None

        found = await eventually(ended, within=LIMIT_S, every=0.1)
        assert found is not None
        return found


@pytest.fixture
def surroundings(surroundings: dict[str, str]) -> dict[str, str]:
    return surroundings | {"CEEBUS_SESSION_TIMEOUT_S": f"{SESSION_S}"}


async def test_whatever_operators_do_devices_equal_cee(surroundings: dict[str, str], tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    async with site(surroundings, tmp_path) as here:
        await here.first_export()
        async with following(here):
            async with day(here, seed) as changes:
                operator = Operator(here, changes, rng)
                for name in rng.sample(FIRST, len(FIRST)):
                    await operator.act(name)
                for _ in range(STEPS):
                    await operator.act()
            await operator.quiet()
            await here.drained()
            await operator.last_transfer()  # what was skipped by hand is due, and comes now
            assert await here.offences() == {}
            due = await here.ours.fetchval("select count(*) from ceebus.due where channel = $1 and not exhausted", CHANNEL)
            again = await operator.last_transfer()
            sent = Counter({name: n for kind in again["progress"] for name, n in kind["counts"].items()})
            assert sent["sent"] + sent["removed"] == 0, again
            assert await here.ours.fetchval("select count(*) from ceebus.due where channel = $1 and not exhausted", CHANNEL) == due
            assert set(FIRST) <= set(operator.done)
            assert len(operator.runs) >= 2
