"""A whole system of one scenario: every role as a process, a tiny company, a day of changes, devices that follow."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from services.kernel.kafka_admin import log_bounds
from services.kernel.postgres import ConnectionLost, Pool, pool
from services.kernel.settings import Settings, read_settings
from services.sandbox.demo.company import Running
from services.sandbox.device.device import Device
from services.sandbox.generate.day import run_day
from services.sandbox.generate.load import generate
from services.sandbox.supervisor import Supervisor, supervised
from tests.faults import checkers
from tests.faults.log import read_log
from tests.stack import eventually

CHANNEL = "PL1"
ROLES = ("source", "exporter", "feed", "gateway", "importer", "writer", "control")
FOLDER = Path(__file__).parent
LIMIT_S = 120.0  # of any wait: a busy machine is no fault


@dataclass
class Site:
    """The running system and its devices."""

    settings: Settings
    environment: Mapping[str, str]
    supervisor: Supervisor
    cee: Pool
    ours: Pool
    running: Running
    home: Path
    devices: dict[str, Device] = field(default_factory=dict)
    killed: set[int] = field(default_factory=set)

    async def first_export(self) -> None:
        """The channel becomes active; returns when all of it is in the feed."""
        await self.running.activate()
        await self.running.snapshot(lambda _kind, _done, _total: None, within=LIMIT_S)
        await self.drained()

    async def drained(self) -> None:
        """Returns when nothing is on its way from CEE to the feed."""
        await eventually(self.control_answers, within=LIMIT_S)
        await self.running.quiet(within=LIMIT_S)
        await eventually(lambda: self.ours.fetchval("select not exists(select from ceebus.release)"), within=LIMIT_S)

    async def control_answers(self) -> bool:
        """Whether control can say how the channel is."""
        try:
            return bool(await self.running.status())
        except httpx.HTTPError:
            return False

    async def offences(self) -> dict[str, list[str]]:
        """Drains, lets the devices pull, and asks all five checkers; those that passed are left out."""
        await self.drained()
        for device in self.devices.values():
            await device.pull()
        found = {
            "L": await checkers.loss(self.cee, self.ours, CHANNEL),
            "D": await checkers.duplicates(self.ours, CHANNEL, self.devices),
            "O": await checkers.order(self.ours, CHANNEL, self.devices),
            "C": await checkers.convergence(self.cee, self.ours, CHANNEL, self.devices),
            "M": await checkers.markers(self.ours, self.settings.kafka, CHANNEL),
        }
        return {name: wrong[:20] for name, wrong in found.items() if wrong}

    async def position(self) -> int:
        return int(await self.ours.fetchval(checkers.SQL.last, CHANNEL) or 0)

    async def kill(self, name: str) -> None:
        """A life that was not killed yet: who was killed just now still runs for a moment, and is away for another."""
        await eventually(lambda: self.supervisor.pid(name) not in {0, *self.killed}, within=LIMIT_S)
        self.killed.add(self.supervisor.pid(name))
        self.supervisor.kill(name)

    async def flows(self, names: tuple[str, ...]) -> None:
        """Returns when all of the processes run and something that was not there before has come through to the feed."""
        await eventually(lambda: all(self.supervisor.pid(name) for name in names), within=LIMIT_S)
        before = await self.position()

        async def further() -> bool:
            return await self.position() > before

        await eventually(further, within=LIMIT_S)

    async def flows_again(self) -> None:
        """After an outage of the database: returns when our own connections work again."""

        async def answers() -> bool:
            try:
                return bool(await self.ours.fetchval("select true") and await self.cee.fetchval("select true"))
            except ConnectionLost:
                return False

        for _ in range(8):  # each connection of our own pools may be a dead one
            await eventually(answers, within=LIMIT_S)

    async def records(self, stream: str) -> int:
        """How many records a stream's topics hold."""
        log = await read_log(self.settings.kafka, CHANNEL, (stream,))
        return sum(end - start for start, end in (await log_bounds(self.settings.kafka, list(log))).values())


class Day:
    """Changes in CEE that go on until the block ends."""

    def __init__(self) -> None:
        self.commits = 0
        self.task: asyncio.Task[dict[str, int]] | None = None

    def committed(self, _kind: str, _key: str, _at: float) -> None:
        self.commits += 1

    async def more(self, count: int) -> None:
        """Returns after so many further commits."""
        wanted = self.commits + count
        await eventually(lambda: self._reached(wanted), within=LIMIT_S, every=0.002)

    def _reached(self, wanted: int) -> bool:
        if self.task is not None and self.task.done():
            self.task.result()
        return self.commits >= wanted


@asynccontextmanager
async def site(environment: Mapping[str, str], home: Path, size: str = "tiny") -> AsyncIterator[Site]:
    """A system of its own with a company that no channel has been exported of yet."""
    settings = read_settings(environment, home=home)
    async with pool(settings.cee_database_url, size=8) as cee, pool(settings.database_url, size=4) as ours:
        await cee.execute((FOLDER / "journal_cee.sql").read_text())
        await ours.execute((FOLDER / "journal_ours.sql").read_text())
        async with cee.acquire() as connection:
            await generate(connection, size, channel=CHANNEL)
        async with supervised(ROLES, environment) as supervisor:
            running = Running(settings, CHANNEL, ours, cee)
            try:
                yield Site(settings, environment, supervisor, cee, ours, running, home)
            finally:
                await running.http.aclose()


@asynccontextmanager
async def day(here: Site, seed: int, per_second: float = 40) -> AsyncIterator[Day]:
    """A working day of this seed; it ends with the block, open transactions rolled back."""
    made = Day()
    made.task = asyncio.create_task(run_day(here.cee, CHANNEL, 600, per_second, seed, made.committed))
    try:
        yield made
    finally:
        made.task.cancel()
        await asyncio.gather(made.task, return_exceptions=True)


@asynccontextmanager
async def following(here: Site, count: int = 1) -> AsyncIterator[None]:
    """Devices of the busiest reps, which pull whenever there is news; `here.devices` keeps them until the scenario ends."""
    stop = asyncio.Event()
    async with AsyncExitStack() as phones:
        for rep in await here.running.reps(count):
            device = Device(here.settings.gateway.url, here.home / f"device-{rep}.db", attempts=100, patience=LIMIT_S)
            here.devices[rep] = await phones.enter_async_context(device)
            await device.enrol(await here.running.code(rep))
            await device.pull()
        tasks = [asyncio.create_task(device.follow(stop)) for device in here.devices.values()]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*tasks, return_exceptions=True)
