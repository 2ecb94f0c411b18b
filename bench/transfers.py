"""Runs and lanes under control: a run over nothing, why an object has not arrived, one channel beside another one's full export, rewinding
a long log, idle channels.

    python -m bench.transfers [--size small]

One embedded stack, durable as in production, every role once. Figures are of this machine; look at ratios.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.system import load, running
from services.kernel.kafka import Outgoing, Record, producer
from services.kernel.kafka_logs import Logs
from services.kernel.kafka_read import follow
from services.sandbox.databases import prepare
from services.sandbox.demo.company import Running
from services.sandbox.demo.run import ROLES
from services.sandbox.generate.day import run_day
from services.sandbox.stack import embedded
from services.sandbox.supervisor import Supervisor, supervised

console = Console(highlight=False)
NOTHING, EXPLAINED, IDLE, IDLE_S, LIVE_S, LIVE_RATE = 20, 5, 10, 20.0, 15.0, 20.0
Figures = dict[str, float]


async def asked(one: Running, **body: Any) -> dict[str, Any]:
    answer = await one.http.post(f"/v1/channels/{one.channel}/export/runs", json=body)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


async def ended(one: Running, run: str, every: float = 0.01) -> dict[str, Any]:
    while True:
        found: dict[str, Any] = (await one.http.get(f"/v1/runs/{run}")).json()
        if found["finished_at"]:
            return found
        await asyncio.sleep(every)


async def nothing_due(one: Running) -> Figures:
    """From the request to the end that its answer shows, all nine kinds."""
    await ended(one, (await asked(one))["id"])
    took = []
    for _ in range(NOTHING):
        began = time.monotonic()
        await ended(one, (await asked(one))["id"])
        took.append((time.monotonic() - began) * 1000)
    took.sort()
    return {"nothing due p50 ms": took[len(took) // 2], "nothing due max ms": took[-1]}


async def explained(one: Running) -> Figures:
    """What an operator waits for, for objects of every kind."""
    rows = await one.ours.fetch("select distinct on (kind) kind, key from ceebus.feed where channel = $1", one.channel)
    took = []
    for _ in range(EXPLAINED):
        for row in rows:
            began = time.monotonic()
            answer = await one.http.get(f"/v1/channels/{one.channel}/explain/{row['kind']}", params={"key": row["key"]})
            took.append((time.monotonic() - began) * 1000)
            answer.raise_for_status()
    took.sort()
    return {"explain p50 ms": took[len(took) // 2], "explain max ms": took[-1]}


async def rewound(one: Running, records: int) -> Figures:
    """A log of so many records at least, read again from its beginning: to the first record that the exporter has sent of it."""
    topic, out = f"cee.{one.channel}.price-lists", f"export.{one.channel}.price-lists"
    await lengthened(one, topic, records)
    async with Logs(one.settings.kafka, "bench") as logs:
        length, before = sum((await logs.ends([topic])).values()), sum((await logs.ends([out])).values())
        began = time.monotonic()
        run = await asked(one, kinds=["price-lists"], since="timestamp", since_at="2000-01-01T00:00:00Z")
        while sum((await logs.ends([out])).values()) == before:
            await asyncio.sleep(0.005)
        first = time.monotonic() - began
        await ended(one, run["id"], 0.2)
        return {"rewound records": length, "rewound first ms": first * 1000, "rewound a second": length / (time.monotonic() - began)}


async def lengthened(one: Running, topic: str, records: int) -> None:
    """The same records over and over, as of many exports in a row; returns when they have passed the exporter and the feed."""
    whole = [record async for batch in _until_its_end(one, topic) for record in batch]
    async with producer(one.settings.kafka, "bench") as sender:
        for _ in range(-(-records // len(whole)) - 1):
            await sender.send_all([Outgoing(topic, r.partition, r.key or b"", r.value, list(r.headers)) for r in whole])
    await one.quiet()


async def _until_its_end(one: Running, topic: str) -> AsyncIterator[list[Record]]:
    async with aclosing(follow(one.settings.kafka, topic, "bench")) as batches:  # type: ignore[type-var]
        async for records in batches:
            if not records:
                return
            yield records


async def beside(one: Running, two: Running) -> Figures:
    """Ages of one channel's changes in the feed while the other exports all its prices, and while it does not."""
    found: Figures = {}
    for name in ("alone", "beside a full export"):
        since = await one.ours.fetchval("select now()")
        run = None if name == "alone" else await asked(two, kinds=["price-lists"], since="anytime", force=True)
        await run_day(one.cee, one.channel, LIVE_S, LIVE_RATE, 1, lambda _kind, _key, _at: None)
        await one.quiet()
        ages = [row["ms"] for row in await one.ours.fetch(_AGES, one.channel, since)]
        found[f"delta p99 {name} ms"] = ages[int(len(ages) * 0.99)]
        if run is not None:
            await ended(two, run["id"], 0.2)
    return found


_AGES = """
select (extract(epoch from at - event_at) * 1000)::float8 as ms from ceebus.feed
where channel = $1 and event_at > $2 and position > 0 order by ms
"""


async def idle(supervisor: Supervisor, channels: int) -> Figures:
    before = sum(cpu(supervisor.pid(role)) for role in ROLES)
    await asyncio.sleep(IDLE_S)
    used = sum(cpu(supervisor.pid(role)) for role in ROLES) - before
    return {f"{channels} idle channels % of a core": 100 * used / IDLE_S}


def cpu(pid: int) -> float:
    """Seconds of processor time so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def main(size: str = "small", records: int = 1_000_000) -> Figures:
    found: Figures = {}

    def told(figures: Figures) -> None:
        found.update(figures)
        for name, figure in figures.items():
            console.print(f"{name:36} {figure:>12,.1f}")

    with tempfile.TemporaryDirectory(prefix="ceebus-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        async with embedded(home) as stack:
            await prepare(stack.values["database_url"], stack.values["cee_database_url"])
            for channel in ("PL1", "PL2"):
                await load(stack, size, channel)
            async with supervised(ROLES, stack.environment()) as supervisor, running(stack, "PL1", home) as one:
                async with running(stack, "PL2", home) as two:
                    for each in (one, two):
                        await each.activate()
                        await each.snapshot(lambda _kind, _done, _total: None)
                        await each.quiet()
                    told(await nothing_due(one))
                    told(await explained(one))
                    told(await beside(one, two))
                    told(await rewound(one, records))
                for number in range(IDLE - 2):
                    await load(stack, "tiny", f"I{number}")
                    async with running(stack, f"I{number}", home) as more:
                        await more.activate()
                        await more.snapshot(lambda _kind, _done, _total: None)
                told(await idle(supervisor, IDLE))
    return found


if __name__ == "__main__":
    import sys

    asyncio.run(main(sys.argv[sys.argv.index("--size") + 1] if "--size" in sys.argv else "small"))
