"""Documents of 12 lines from mobile.* to committed rows in CEE: one importer and one writer process with all their bookkeeping.

    python -m bench.imports_whole [--documents 5000]

The records are those of the gateway for one device a rep; they lie in Kafka before the two roles start. Everything else rests.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console

from bench.import_records import Company, drafts
from bench.imports import current
from bench.system import load, running
from services.gateway.senders import Sender
from services.gateway.uploads import Push, judge
from services.kernel.kafka import Outgoing, producer
from services.kernel.ndjson import Line
from services.kernel.postgres import connect
from services.sandbox.databases import prepare
from services.sandbox.demo.company import Running
from services.sandbox.device.device import Device
from services.sandbox.stack import Stack, embedded
from services.sandbox.supervisor import Supervisor, supervised

console = Console(highlight=False)
CHANNEL, LINES = "PL1", 12
WRITTEN = "select count(*) from cee.document where origin = 'mobile' and issue_date = current_date and channel = $1"


async def devices(one: Running, home: Path, reps: list[str]) -> dict[str, Push]:
    """A device for each rep."""
    at, pushes = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"), {}
    for rep in reps:
        async with Device(one.settings.gateway.url, home / f"{rep}.db") as device:
            await device.enrol(await one.code(rep))
            row = await one.ours.fetchrow("select id, db_epoch from ceebus.device where channel = $1 and rep = $2", CHANNEL, rep)
            assert row is not None
            name = str(row["id"])
            pushes[rep] = Push(Sender(CHANNEL, f"device/{name}", device=name, rep=rep), str(row["db_epoch"]), at)
    return pushes


async def records(one: Running, home: Path, count: int) -> list[Outgoing]:
    connection = await connect(one.settings.cee_database_url)
    company = await Company.read(connection, CHANNEL)
    made = [orjson.loads(value) for value in await current(connection, company, list(drafts(company, count, LINES, 1)))]
    await connection.close()
    pushes, found = await devices(one, home, company.reps), []
    for number, body in enumerate(made):
        text = orjson.dumps(body | {"confirmed": True})
        record = judge(pushes[body["rep"]], Line(number, text, len(text))).record
        assert record is not None, body
        found.append(record)
    return found


def processor_s(supervisor: Supervisor, role: str) -> float:
    user, system = Path(f"/proc/{supervisor.pid(role)}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


async def drained(one: Running, supervisor: Supervisor, count: int) -> dict[str, float]:
    """From the first document in CEE to the last."""
    first: tuple[float, int] | None = None
    while True:
        written = int(await one.cee.fetchval(WRITTEN, CHANNEL))
        if written and first is None:
            first = (time.perf_counter(), written)
        if written >= count:
            assert first is not None
            rate = (count - first[1]) / (time.perf_counter() - first[0])
            return {"documents/s": rate} | {f"{role} s of processor": processor_s(supervisor, role) for role in ("importer", "writer")}
        await asyncio.sleep(0.05)


async def measured(stack: Stack, home: Path, documents: int) -> dict[str, float]:
    async with running(stack, CHANNEL, home) as one:
        async with supervised(["source", "exporter", "feed", "gateway", "control"], stack.environment()):
            await one.activate()
            await one.snapshot(lambda _kind, _done, _total: None)
            await one.quiet()
            sent = await records(one, home, documents)
        async with producer(one.settings.kafka, "bench") as out:
            await out.send_all(sent)
        async with supervised(["importer", "writer"], stack.environment()) as supervisor:
            found = await drained(one, supervisor, documents)
        answers = await one.cee.fetch("select outcome from ceebus.answer where kind = 'documents'")
        outcomes: Counter[Any] = Counter(answer["outcome"] for answer in answers)
        assert outcomes["imported"] == documents, outcomes
        return found


async def main(documents: int = 5000) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="ceebus-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        async with embedded(home) as stack:
            await prepare(stack.values["database_url"], stack.values["cee_database_url"])
            await load(stack, "small", CHANNEL)
            found = await measured(stack, home, documents)
    for name, figure in found.items():
        console.print(f"{name:36} {figure:>12,.1f}")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=5000)
    asyncio.run(main(**vars(parser.parse_args())))
