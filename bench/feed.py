"""The feed's lane alone: partner records of 650 bytes from export.* to committed rows, while its table grows; what progress costs.

    python -m bench.feed [--rows 200000] [--piece 25000]

Pieces in turn without and with a run whose progress is counted, so that a slow minute hits both. Every record is new.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson

from bench.lane import CHANNEL, partner
from bench.setup import Bench, bench
from schemas import topics
from schemas.envelope import Headers, cee_headers
from schemas.export.registry import EXPORT
from services.exporter.judge import export_headers, judge
from services.feed.batch import FeedBatch
from services.feed.marks import FeedMarks
from services.feed.parents_first import ParentsFirst
from services.feed.release import Releaser
from services.kernel.kafka import Outgoing, Producer, partition_for, producer
from services.kernel.kafka_logs import Logs
from services.kernel.lane import Lane
from services.kernel.role import spare_collector

PARTNERS = topics.export(CHANNEL, "partners")


def exported(at: Bench, number: int, run: str | None) -> Outgoing:
    """A partner as the exporter sends it."""
    key, value = f"K{number:06}".encode(), partner(number)
    verdict = judge(at.channel, "partners", key, value)
    assert verdict.value is not None
    stamp = [("ce_runid", run.encode())] if run else []
    headers = cee_headers("partners", key.decode(), number + 1, b"/cee/bench", [("ce_time", b"2026-01-01T00:00:00.000Z"), *stamp])
    return Outgoing(PARTNERS, partition_for(key, 4), key, verdict.value, export_headers("partners", headers, verdict))


async def send_parents(at: Bench, out: Producer) -> int:
    """What a partner refers to; otherwise all of them would wait."""
    made = exported(at, 0, None)
    needs = EXPORT["partners"].needs(orjson.loads(made.value or b""))
    plain: Headers = [("ce_op", b"upsert"), ("ce_objectversion", b"1"), ("ce_contenthash", b"00" * 32)]
    for kind, key in needs:
        await out.send_all([Outgoing(topics.export(CHANNEL, kind), 0, key.encode(), b'{"version":1,"dictionary":"countries"}', plain)])
    return len(needs)


@asynccontextmanager
async def feeding(at: Bench) -> AsyncIterator[list[int]]:
    """A feed at work; how many records it has committed stands in the list."""
    seen, url = [0], at.stack.values["database_url"]
    marks, releaser = FeedMarks(at.database), Releaser(url)
    work = FeedBatch(url, marks, releaser.wake, lambda _channel: 5)

    async def counted(batches: Sequence[Any]) -> None:
        await work(batches)
        seen[0] += sum(len(batch.records) for batch in batches)

    async with Logs(at.kafka, "bench-logs") as logs:
        consumer = ParentsFirst(at.kafka, "bench.feed", "bench", "bench", marks.next_offset, asked=logs.bounds)
        read = [spec.name for spec in topics.declared(CHANNEL) if spec.name.startswith("export.")]
        lane = Lane("feed", consumer, read, marks, counted, together=lambda _partition: CHANNEL)
        await lane.start()
        try:
            yield seen
        finally:
            await lane.stop()
            await work.close()


async def fill(at: Bench, rows: int, piece: int) -> int:
    """Sends everything; every other piece belongs to a run. Returns how many parents come before."""
    async with producer(at.kafka, "bench") as out:
        parents = await send_parents(at, out)
        for first in range(0, rows, piece):
            run = str(uuid.uuid4()) if first // piece % 2 else None
            for start in range(first, first + piece, 5000):
                await out.send_all([exported(at, number, run) for number in range(start, min(start + 5000, first + piece))])
    return parents


async def main(rows: int = 200_000, piece: int = 25_000) -> dict[str, float]:
    """Rates of pieces without and with a run, their ratio, and the last rate against the first."""
    rows -= rows % (2 * piece)
    rates: list[float] = []
    async with bench(CHANNEL) as at:
        parents = await fill(at, rows, piece)
        spare_collector()
        async with feeding(at) as seen:
            await _until(seen, parents + 1)
            began, behind = time.perf_counter(), seen[0]
            for last in range(piece, rows + 1, piece):
                await _until(seen, min(parents + last, parents + rows))
                now = time.perf_counter()
                rates.append((seen[0] - behind) / (now - began))
                began, behind = now, seen[0]
        live = await at.database.fetchval("select count(*) from ceebus.feed where not removed")
        assert live == parents + rows, f"{parents + rows - live} records are not in the feed"
    plain, counted = rates[::2], rates[1::2]
    ratio = statistics.median(b / a for a, b in zip(plain, counted, strict=True))
    flat = statistics.median(rates[-4:]) / statistics.median(rates[:4])
    figures = {"feed rows/s": statistics.median(plain), "the same with progress counted": ratio, f"at {rows:,} rows, of the start": flat}
    for name, figure in figures.items():
        print(f"{name:40} {figure:>12,.2f}")
    return figures


async def _until(seen: list[int], expected: int) -> None:
    while seen[0] < expected:
        await asyncio.sleep(0.002)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--piece", type=int, default=25_000)
    asyncio.run(main(**vars(parser.parse_args())))
