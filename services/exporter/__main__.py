"""The exporter: cee.* -> export.* for every active channel, a lane each ("Eksport BUS danych" of the CEE manual)."""

from __future__ import annotations

import asyncio

from schemas import topics
from schemas.channel import encode_channel
from services.exporter.batch import ExportBatch
from services.kernel.channels import ChannelFollower
from services.kernel.fair import in_turns
from services.kernel.flood import FloodGuard
from services.kernel.kafka import producer
from services.kernel.kafka_logs import Logs
from services.kernel.kinds_in_order import KindsInOrder
from services.kernel.lane import Lane
from services.kernel.lanes import keep_lanes
from services.kernel.marks import KafkaMarks, want_snapshot
from services.kernel.postgres import pool
from services.kernel.role import run
from services.kernel.settings import Settings
from services.kernel.steering import Steering
from services.kernel.turns import Turns


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Runs until `stop`; the committed offsets of `ceebus.export.<ch>` are the "last transfer" marker."""
    client = f"ceebus-exporter-{settings.instance}"
    async with (
        pool(settings.database_url, size=2, application=client) as database,
        producer(settings.kafka, client) as out,
        ChannelFollower(settings.kafka, client) as channels,
        Logs(settings.kafka, f"{client}-logs") as logs,
    ):
        steering = Steering(database, settings.database_url, "export")
        judge, turns = ExportBatch(channels, out, FloodGuard(steering.hold)), Turns()

        def lane(channel: str) -> Lane:
            group = f"ceebus.export.{encode_channel(channel)}"
            member = f"exporter-{settings.queue}-{settings.instance}"
            marks = KafkaMarks(f"export.{channel}", database, want_snapshot, lambda: steering.of(channel))
            consumer = KindsInOrder(settings.kafka, group, client, member, marks.at, asked=logs.bounds)
            read = [topics.cee(channel, kind) for kind in topics.KINDS]
            work = in_turns(channel, judge, turns, lambda: steering.of(channel).weight)
            return Lane(f"export.{encode_channel(channel)}", consumer, read, marks, work, together=lambda _partition: channel)

        await keep_lanes(channels, steering, settings.queue, lane, stop)


if __name__ == "__main__":
    run("exporter", serve)
