"""The importer: mobile.* -> import.* for every active channel, a lane each ("Import BUS danych" of the CEE manual)."""

from __future__ import annotations

import asyncio

from schemas import topics
from schemas.channel import encode_channel
from services.importer.batch import ImportBatch
from services.importer.gaps import lost
from services.kernel.channels import ChannelFollower
from services.kernel.fair import in_turns
from services.kernel.flood import FloodGuard
from services.kernel.kafka import producer
from services.kernel.kafka_consumer import Consumer
from services.kernel.kafka_logs import Logs
from services.kernel.lane import Lane
from services.kernel.lanes import keep_lanes
from services.kernel.marks import KafkaMarks
from services.kernel.postgres import pool
from services.kernel.role import run
from services.kernel.settings import Settings
from services.kernel.steering import Steering
from services.kernel.turns import Turns


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Runs until `stop`; the committed offsets of `ceebus.import.<ch>` say how far uploads have been judged."""
    client = f"ceebus-importer-{settings.instance}"
    async with (
        pool(settings.database_url, size=4, application=client) as database,
        producer(settings.kafka, client) as out,
        ChannelFollower(settings.kafka, client) as channels,
        Logs(settings.kafka, f"{client}-logs") as logs,
    ):
        steering = Steering(database, settings.database_url, "import")
        judge, turns = ImportBatch(channels, database, out, FloodGuard(steering.hold)), Turns()

        def lane(channel: str) -> Lane:
            group = f"ceebus.import.{encode_channel(channel)}"
            member = f"importer-{settings.queue}-{settings.instance}"
            consumer = Consumer(settings.kafka, group, client, member, asked=logs.bounds)
            read = [topics.mobile(channel, kind) for kind in topics.IMPORT_KINDS]
            marks = KafkaMarks(f"import.{channel}", database, lost, lambda: steering.of(channel))
            work = in_turns(channel, judge, turns, lambda: steering.of(channel).weight)
            return Lane(f"import.{encode_channel(channel)}", consumer, read, marks, work, together=lambda _partition: channel)

        await keep_lanes(channels, steering, settings.queue, lane, stop)


if __name__ == "__main__":
    run("importer", serve)
