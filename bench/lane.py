"""Exporter lane against a hand-written aiokafka loop that does the same work with the same headers, in one run.

    python -m bench.lane [--records 100000] [--rounds 3]

Both read partner records, judge them with the exporter's own functions and write export.*; the loop commits to Kafka,
the lane also mirrors its marker in PostgreSQL and goes through Faust, guard and metrics.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bench.setup import Bench, bench
from schemas import topics
from schemas.channel import Channel
from schemas.envelope import cee_headers
from services.exporter.batch import ExportBatch
from services.exporter.judge import export_headers, judge
from services.kernel.channels import ChannelFollower
from services.kernel.kafka import Outgoing, partition_for, producer
from services.kernel.kafka_consumer import Consumer
from services.kernel.lane import Lane
from services.kernel.marks import KafkaMarks
from services.kernel.role import spare_collector

CHANNEL = "B1"


def partner(number: int) -> bytes:
    """A partner of about 650 bytes as CEE's view gives it."""
    body = {
        "channel": CHANNEL,
        "kind": "partners",
        "key": f"K{number:06}",
        "member": True,
        "version": 1,
        "number": f"K{number:06}",
        "name": f"Hurtownia Materiałów Budowlanych {number} Sp. z o.o.",
        "matchcode": "HURT-BUD",
        "assigned": True,
        "legal_kind": "organisation",
        "role": "customer",
        "status": "released",
        "tax_id": "5261040828",
        "customer_type": "RETAIL",
        "currency": "PLN",
        "tax_class": "DOMESTIC",
        "addresses": [
            {
                "id": "5f0c6f2e-8a3d-4c55-9a1e-3b6f1f0c2a11",
                "type": "main",
                "street": "ul. Kwiatowa",
                "house": "12a",
                "postal_code": "30-001",
                "city": "Kraków",
                "country": "PL",
            }
        ],
        "contacts": [{"id": "0a1b2c3d-8a3d-4c55-9a1e-3b6f1f0c2a11", "type": "phone", "value": "+48 12 555 01 02", "preferred": True}],
        "payment_form": "TRANSFER",
        "payment_term": "14D",
        "credit_limit": "25000.00",
        "open_balance": "1250.40",
    }
    return orjson.dumps(body)


async def fill(at: Bench, records: int) -> None:
    async with producer(at.kafka, "bench") as out:
        for first in range(0, records, 5000):
            batch = []
            for number in range(first, min(records, first + 5000)):
                key = b"K%06d" % number
                headers = cee_headers("partners", key.decode(), number + 1, b"/cee/bench", [("ce_time", b"2026-01-01T00:00:00.000Z")])
                batch.append(Outgoing(topics.cee(CHANNEL, "partners"), partition_for(key, 4), key, partner(number), headers))
            await out.send_all(batch)


async def by_lane(at: Bench, records: int, round_: int) -> float:
    async with producer(at.kafka, "bench-lane") as out, ChannelFollower(at.kafka, "bench") as channels:
        work, seen = ExportBatch(channels, out), [0]

        async def counted(batches: Any) -> None:
            await work(batches)
            seen[0] += sum(len(batch.records) for batch in batches)

        group = f"bench.lane.{time.time_ns()}"
        consumer, read = Consumer(at.kafka, group, "bench"), [topics.cee(CHANNEL, "partners")]
        lane = Lane(f"lane{round_}", consumer, read, KafkaMarks(group, at.database), counted, together=lambda _partition: CHANNEL)
        await lane.start()
        seconds = await _timed(seen, records)
        await lane.stop()
    return records / seconds


async def by_hand(at: Bench, records: int, round_: int) -> float:
    channel = at.channel
    sender = AIOKafkaProducer(
        bootstrap_servers=at.kafka.bootstrap, acks="all", enable_idempotence=True, compression_type="zstd", max_batch_size=512 * 1024
    )
    reader = AIOKafkaConsumer(
        topics.cee(CHANNEL, "partners"),
        bootstrap_servers=at.kafka.bootstrap,
        group_id=f"bench.hand.{time.time_ns()}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=4 << 20,
    )
    await sender.start()
    await reader.start()
    seen = [0]
    task = asyncio.create_task(_loop(sender, reader, channel, seen))
    seconds = await _timed(seen, records)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await reader.stop()
    await sender.stop()
    return records / seconds


async def _loop(sender: AIOKafkaProducer, reader: AIOKafkaConsumer, channel: Channel, seen: list[int]) -> None:
    target = topics.export(CHANNEL, "partners")
    while True:
        fetched = await reader.getmany(timeout_ms=200, max_records=2000)
        answers, commit = [], {}
        for tp, found in fetched.items():
            batch = sender.create_batch()
            for record in found:
                verdict = judge(channel, "partners", record.key, record.value)
                headers = export_headers("partners", record.headers, verdict)
                if batch.append(key=record.key, value=verdict.value, timestamp=None, headers=headers) is None:
                    batch.close()
                    answers.append(await sender.send_batch(batch, target, partition=tp.partition))
                    batch = sender.create_batch()
                    batch.append(key=record.key, value=verdict.value, timestamp=None, headers=headers)
            batch.close()
            answers.append(await sender.send_batch(batch, target, partition=tp.partition))
            commit[tp] = found[-1].offset + 1
        await asyncio.gather(*answers)
        if commit:
            await reader.commit(commit)
        seen[0] += sum(len(found) for found in fetched.values())


async def _timed(seen: list[int], records: int) -> float:
    """Seconds from the first batch to the last; joining the group is not work."""
    while not seen[0]:
        await asyncio.sleep(0.001)
    started, first = time.perf_counter(), seen[0]
    while seen[0] < records:
        await asyncio.sleep(0.005)
    return (time.perf_counter() - started) * records / (records - first)


Contender = Callable[[Bench, int, int], Awaitable[float]]


async def main(records: int = 100_000, rounds: int = 3) -> dict[str, float]:
    """Rounds in turn, lane and loop, so that a slow minute hits both; with the collector set as in every role."""
    spare_collector()
    async with bench(CHANNEL) as at:
        await fill(at, records)
        rates: dict[str, list[float]] = {"lane": [], "loop": []}
        for round_ in range(rounds):
            for name, contender in (("lane", by_lane), ("loop", by_hand)):
                rates[name].append(await contender(at, records, round_))
    lane, loop = statistics.median(rates["lane"]), statistics.median(rates["loop"])
    ratio = statistics.median(a / b for a, b in zip(rates["lane"], rates["loop"], strict=True))
    print(f"exporter lane {lane:,.0f} records/s, hand-written loop {loop:,.0f} records/s, ratio {ratio:.2f} (goal >= 0.85)")
    return {"lane_records_s": lane, "loop_records_s": loop, "ratio": ratio}


if __name__ == "__main__":
    asyncio.run(main())
