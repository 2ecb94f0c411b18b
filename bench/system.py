"""The stages of a mid-size first export one after the other, then all at once, then the latency of live changes.

    python -m bench.system [--size mid]

One embedded stack, durable as in production, its broker warm: a JVM that has just started takes twice the time. Alone: source,
exporter, feed, a device's pull. Together: a second channel from its activation to the feed. Live: 200 changes a second, seen in the
feed and on a device. Memory is each role's resident size at the end.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from schemas.topics import TopicSpec
from services.kernel.kafka import Outgoing, producer
from services.kernel.kafka_admin import ensure_topics
from services.kernel.postgres import pool
from services.kernel.settings import Kafka, read_settings
from services.sandbox.databases import prepare
from services.sandbox.demo.company import Running
from services.sandbox.demo.phone import Arrivals, follow
from services.sandbox.demo.run import ROLES
from services.sandbox.device.device import Device
from services.sandbox.generate.day import run_day
from services.sandbox.generate.load import generate
from services.sandbox.stack import Stack, embedded
from services.sandbox.supervisor import Supervisor, supervised

console = Console(highlight=False)
LIVE_S, LIVE_RATE = 20.0, 200.0
WARM_BATCHES = 400


@asynccontextmanager
async def running(stack: Stack, channel: str, home: Path) -> AsyncIterator[Running]:
    settings = read_settings(stack.environment(), home=home)
    async with pool(settings.database_url, size=2) as ours, pool(settings.cee_database_url, size=6) as cee:
        found = Running(settings, channel, ours, cee)
        try:
            yield found
        finally:
            await found.http.aclose()


async def load(stack: Stack, size: str, channel: str) -> None:
    began = time.monotonic()
    async with pool(stack.values["cee_database_url"], size=1) as cee, cee.acquire() as connection:
        made = await generate(connection, size, 1, channel=channel)
    console.print(f"generated {size} for {channel}: {sum(made.counts.values()):,} objects in {time.monotonic() - began:.0f} s")


async def warm(stack: Stack) -> None:
    """Records through the broker, as if it had been at work for a while."""
    kafka = Kafka(stack.values["kafka"])
    await ensure_topics(kafka, [TopicSpec("bench.warm", 4, {})])
    async with producer(kafka, "bench") as out:
        for _ in range(WARM_BATCHES):
            await out.send_all(Outgoing("bench.warm", n % 4, b"%d" % n, b"{}" * 200, []) for n in range(500))


async def stages(stack: Stack, home: Path) -> dict[str, float]:
    """Each stage alone with the whole channel before it; objects a second."""
    rates: dict[str, float] = {}
    async with running(stack, "PL1", home) as one:
        async with supervised(["source", "control"], stack.environment()):
            await one.activate()
            await one.snapshot(lambda _kind, _done, _total: None)
            for row in await one.cee.fetch(
                "select kind, done, extract(epoch from finished_at - started_at)::float8 as s from ceebus.snapshot where channel = 'PL1'"
            ):
                rates[f"source {row['kind']}"] = row["done"] / max(row["s"], 0.001)
        async with supervised(["exporter", "control"], stack.environment()):
            rates["exporter alone"] = await drained(one, "exporter_lag")
        async with supervised(["feed", "control"], stack.environment()):
            rates["feed alone"] = await drained(one, "feed_lag")
        async with supervised(["gateway", "control"], stack.environment()):
            rates["device pull"] = await pulled(one, home)
    return rates


async def drained(one: Running, lag: str) -> float:
    """Records a second from the first progress to the end of a lag."""
    first: tuple[float, int] | None = None
    whole = 0
    while True:
        left = sum(kind[lag] or 0 for kind in (await one.status())["kinds"])
        whole = max(whole, left)
        if first is None and left < whole:
            first = (time.monotonic(), left)
        if first is not None and left == 0:
            return first[1] / (time.monotonic() - first[0])
        await asyncio.sleep(0.05)


async def pulled(one: Running, home: Path) -> float:
    (rep,) = await one.reps(1)
    async with Device(one.settings.gateway.url, home / "bench.db") as device:
        await device.enrol(await one.code(rep))
        found = await device.pull()
        console.print(f"device pull: {found.rows:,} rows in {found.seconds:.1f} s")
        return found.rows / found.seconds


async def together(stack: Stack, home: Path, supervisor: Supervisor) -> dict[str, float]:
    """A second channel's first export, then live changes on it; seconds, milliseconds, megabytes."""
    figures: dict[str, float] = {}
    async with running(stack, "PL2", home) as two:
        began = time.monotonic()
        await two.activate()
        await two.snapshot(lambda _kind, _done, _total: None)
        await two.quiet()
        figures["first export seconds"] = time.monotonic() - began
        status = await two.status()
        figures["first export objects"] = sum(kind["published"] or 0 for kind in status["kinds"])
        figures |= await live(two, home)
    for role in ROLES:
        figures[f"{role} MB"] = resident(supervisor.pid(role))
    return figures


async def live(two: Running, home: Path) -> dict[str, float]:
    (rep,) = await two.reps(1)
    arrivals, stop = Arrivals(), asyncio.Event()
    async with Device(two.settings.gateway.url, home / "live.db") as device:
        await device.enrol(await two.code(rep))
        await device.pull()
        following = asyncio.create_task(follow(device, arrivals, stop))
        await run_day(two.cee, "PL2", LIVE_S, LIVE_RATE, 1, arrivals.committed)
        await two.quiet()
        stop.set()
        await following
    ages = [row["ms"] for row in await two.ours.fetch(_AGES, "PL2")]
    return {
        "live feed p50 ms": ages[len(ages) // 2],
        "live feed p99 ms": ages[int(len(ages) * 0.99)],
        "live device p50 ms": arrivals.percentile(0.5) or -1,
        "live device p99 ms": arrivals.percentile(0.99) or -1,
        "live samples": float(len(arrivals.latencies_ms)),
    }


# from the change's time in CEE's outbox to the feed's transaction; both clocks are this machine's
_AGES = """
select (extract(epoch from at - event_at) * 1000)::float8 as ms from ceebus.feed
where channel = $1 and event_at is not null and position > 0 order by ms
"""


def resident(pid: int) -> float:
    """Megabytes of resident memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return -1


async def main(size: str = "mid") -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="ceebus-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        async with embedded(home) as stack:
            await prepare(stack.values["database_url"], stack.values["cee_database_url"])
            await load(stack, size, "PL1")
            await warm(stack)
            found: dict[str, Any] = await stages(stack, home)
            await load(stack, size, "PL2")
            async with supervised(ROLES, stack.environment()) as supervisor:
                found |= await together(stack, home, supervisor)
    for name, figure in found.items():
        console.print(f"{name:32} {figure:>12,.0f}")
    return found


if __name__ == "__main__":
    import sys

    asyncio.run(main(sys.argv[sys.argv.index("--size") + 1] if "--size" in sys.argv else "mid"))
