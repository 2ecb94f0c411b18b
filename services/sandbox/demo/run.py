"""The demo, step by step: stack, sample company, channel, first snapshot, two devices, a working day, comparison.

Called by `ceebus demo`. Everything runs for real: Kafka, PostgreSQL, one process per role, devices that speak HTTP.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from schemas.topics import KINDS
from services.kernel.postgres import pool
from services.kernel.settings import read_settings
from services.sandbox.databases import prepare
from services.sandbox.demo.bars import bars, since
from services.sandbox.demo.company import Running
from services.sandbox.demo.proof import wrong_ends, wrong_figures, wrong_objects
from services.sandbox.demo.report import Held, Imports, Report
from services.sandbox.demo.times import Times
from services.sandbox.demo.workday import Pace, Worked, workday
from services.sandbox.device.device import Device
from services.sandbox.expected.comparison import compare
from services.sandbox.expected.expectation import expected
from services.sandbox.generate.load import generate
from services.sandbox.server import StackError
from services.sandbox.stack import Stack, embedded
from services.sandbox.supervisor import supervised

CHANNEL = "PL1"
ROLES = ("source", "exporter", "feed", "gateway", "importer", "writer", "control")
MARK = "demo.home"  # a folder with this file is ours and may be emptied


@dataclass(frozen=True)
class Options:
    """What `ceebus demo` can be told."""

    home: Path = Path(".ceebus/demo")
    size: str = "small"
    seconds: float = 30.0
    per_second: float = 10.0
    devices: int = 2
    seed: int = 1


async def demo(options: Options, console: Console) -> Report:
    """Raises StackError where something does not start, NotQuiet where the system does not come to rest."""
    began = time.monotonic()
    _empty(options.home)
    async with embedded(options.home, say=lambda text: console.print(f"  {text}")) as stack:
        console.print(f"[bold]1[/bold] Kafka at {stack.values['kafka']} and PostgreSQL run in {options.home} ({since(began)})")
        await _fill(stack, options, console)
        async with _roles(stack, options, console) as running:
            await _first_snapshot(running, console)
            async with AsyncExitStack() as phones:
                devices = await _pull(running, options, phones, console)
                changes = await _count(running)
                day = await _day(running, devices, options, console)
                made = await _count(running) - changes
                status = await running.status()
                held = tuple([await _compare(running, rep, device) for rep, device in devices.items()])
                imports = await _imports(running, day)
    return Report(time.monotonic() - began, made, Times(tuple(day.arrivals.latencies_ms)), status, held, imports)


def _empty(home: Path) -> None:
    """From nothing: an earlier demo goes, anything else stays."""
    if home.exists() and any(home.iterdir()):
        if not (home / MARK).exists():
            raise StackError(f"{home} is not empty and not of an earlier demo; choose another folder with --home")
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    (home / MARK).touch()


async def _fill(stack: Stack, options: Options, console: Console) -> None:
    began = time.monotonic()
    await prepare(stack.values["database_url"], stack.values["cee_database_url"])
    async with pool(stack.values["cee_database_url"], size=1) as cee, cee.acquire() as connection:
        with bars(console) as shown_here:
            made = await generate(connection, options.size, options.seed, channel=CHANNEL, progress=shown_here.show)
    counts = ", ".join(f"{count:,} {kind}" for kind, count in made.counts.items() if kind in KINDS)
    console.print(f"[bold]2[/bold] sample company {options.size}: {counts}; {len(made.bad)} bad records among them ({since(began)})")


@asynccontextmanager
async def _roles(stack: Stack, options: Options, console: Console) -> AsyncIterator[Running]:
    began = time.monotonic()
    settings = read_settings(stack.environment(), home=options.home)
    async with (
        supervised(ROLES, stack.environment(), say=lambda text: console.print(f"  [yellow]{text}[/yellow]")),
        pool(settings.database_url, size=2) as ours,
        pool(settings.cee_database_url, size=6) as cee,
    ):
        console.print(f"[bold]3[/bold] roles {', '.join(ROLES)} run; API at {settings.control.url}/docs ({since(began)})")
        running = Running(settings, CHANNEL, ours, cee)
        try:
            yield running
        finally:
            await running.http.aclose()


async def _first_snapshot(running: Running, console: Console) -> None:
    began = time.monotonic()
    await running.activate()
    console.print(f"[bold]4[/bold] channel {CHANNEL} is active: first snapshot")
    with bars(console) as shown_here:
        await running.snapshot(shown_here.show)
    await running.quiet()
    status = await running.status()
    feed, due = (sum(kind[part] for kind in status["kinds"]) for part in ("feed", "due"))
    console.print(f"  {feed:,} objects in the feed, {due} due ({since(began)})")


async def _pull(running: Running, options: Options, phones: AsyncExitStack, console: Console) -> dict[str, Device]:
    devices: dict[str, Device] = {}
    console.print("[bold]5[/bold] devices")
    for rep in await running.reps(options.devices):
        device = await phones.enter_async_context(Device(running.settings.gateway.url, options.home / f"device-{rep}.db"))
        await device.enrol(await running.code(rep), f"demo {rep}")
        pulled = await device.pull()
        devices[rep] = device
        console.print(f"  rep {rep}: {pulled.rows:,} rows in {pulled.pages} pages ({pulled.seconds:.1f} s); files follow")
    return devices


async def _day(running: Running, devices: dict[str, Device], options: Options, console: Console) -> Worked:
    """Changes in CEE and uploads while the devices follow; ends when each has its answers and all that the feed had at the end."""
    console.print(
        f"[bold]6[/bold] {options.seconds:.0f} s of a working day: {options.per_second:g} changes/s in CEE, reps and a manager upload"
    )
    day = await workday(running, devices, Pace(options.seconds, options.per_second, options.seed, options.size), console)
    for sentence in day.told:
        console.print(f"  {sentence}", markup=False)  # codes and names may stand in brackets
    here, named = day.files
    console.print(f"  {len(day.expected)} uploads sent; {here:,} of {named:,} files are on the devices, the day's among them")
    return day


async def _imports(running: Running, day: Worked) -> Imports:
    kinds = await running.imports()
    figures = {kind["kind"]: kind for kind in kinds}
    async with running.cee.acquire() as connection:
        objects = await wrong_objects(connection, CHANNEL, day.expected.values())
    problems = (*day.problems, *wrong_ends(day.expected, day.ends()), *wrong_figures(day.expected.values(), figures), *objects)
    return Imports(tuple(kinds), problems, Times(tuple(day.round_trips_ms)))


async def _compare(running: Running, rep: str, device: Device) -> Held:
    async with running.cee.acquire() as connection:
        wanted = await expected(connection, CHANNEL, rep)
    have = {kind: device.rows(kind) for kind in KINDS}
    return Held(
        rep,
        {kind: sum(op == "upsert" for op, _ in rows.values()) for kind, rows in wanted.items()},
        await running.in_feed(rep),
        {kind: sum(body.get("op") == "upsert" for body in rows.values()) for kind, rows in have.items()},
        tuple(compare(wanted, have)),
    )


async def _count(running: Running) -> int:
    return int(await running.cee.fetchval("select last_value from ceebus.outbox_seq_seq"))
