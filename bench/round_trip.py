"""How long an upload takes from a device to its final answer on that device, at 50 uploads a second over four devices.

    python -m bench.round_trip [--seconds 15]

One embedded stack, durable as in production, a company of size small; visits, each with one answer.
"""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

from rich.console import Console

from bench.system import load, running
from services.sandbox.databases import prepare
from services.sandbox.demo.company import Running
from services.sandbox.demo.phone import Arrivals, Phone
from services.sandbox.demo.run import ROLES
from services.sandbox.device.device import Device
from services.sandbox.generate.ids import uuid
from services.sandbox.reps import visits
from services.sandbox.reps.day import Made
from services.sandbox.reps.territory import Territory, of_device
from services.sandbox.stack import embedded
from services.sandbox.supervisor import supervised

console = Console(highlight=False)
DEVICES, RATE = 4, 50.0


async def uploads(phone: Phone, territory: Territory, rng: Random, count: int) -> None:
    """One after the other, evenly."""
    for number in range(count):
        pause = asyncio.create_task(asyncio.sleep(DEVICES / RATE))
        partner = rng.choice(territory.customers)["number"]
        visit = visits.planned(rng, partner, territory.visit_types[0], territory.today, f"B-{number}")
        await phone.rep.send(Made("visits", str(uuid(rng)), visit, None))
        await pause


async def measured(one: Running, home: Path, seconds: float) -> list[float]:
    """Every round trip in ms, in order of length."""
    stop = asyncio.Event()
    async with AsyncExitStack() as opened:
        phones: list[Phone] = []
        for rep in await one.reps(DEVICES):
            device = await opened.enter_async_context(Device(one.settings.gateway.url, home / f"{rep}.db"))
            await device.enrol(await one.code(rep))
            await device.pull()
            phones.append(Phone(device, Arrivals()))
        following = [asyncio.create_task(phone.follow(stop)) for phone in phones]
        today, count = await one.today(), int(seconds * RATE / DEVICES)
        await asyncio.gather(*[uploads(phone, of_device(phone.device, today), Random(n), count) for n, phone in enumerate(phones)])
        for phone in phones:
            await phone.until(lambda phone=phone: not phone.rep.open(), "all answers", 60)  # type: ignore[misc]
        stop.set()
        await asyncio.gather(*following)
    return sorted(took for phone in phones for took in phone.round_trips_ms)


async def main(seconds: float = 15) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="ceebus-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        async with embedded(home) as stack:
            await prepare(stack.values["database_url"], stack.values["cee_database_url"])
            await load(stack, "small", "PL1")
            async with supervised(ROLES, stack.environment()), running(stack, "PL1", home) as one:
                await one.activate()
                await one.snapshot(lambda _kind, _done, _total: None)
                await one.quiet()
                took = await measured(one, home, seconds)
    found = {"round trip p50 ms": took[len(took) // 2], "round trip p99 ms": took[int(len(took) * 0.99)], "uploads": float(len(took))}
    for name, figure in found.items():
        console.print(f"{name:36} {figure:>12,.1f}")
    return found


if __name__ == "__main__":
    import sys

    asyncio.run(main(float(sys.argv[sys.argv.index("--seconds") + 1]) if "--seconds" in sys.argv else 15))
