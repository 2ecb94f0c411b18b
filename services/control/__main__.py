"""The control role: `python -m services.control`. Needs our PostgreSQL; CEE's and Kafka may be away."""

from __future__ import annotations

import asyncio
import time

from services.control.app import create_app
from services.control.cee import Cee
from services.control.freshness import Freshness
from services.control.known import Channels
from services.control.lateness import FeedLateness
from services.control.parts import Parts
from services.control.replays.copying import Copying
from services.control.runs.manager import Manager
from services.control.runs.progress import Progress
from services.control.schedules.scheduler import Scheduler
from services.control.status import Status
from services.kernel import postgres, role
from services.kernel.http import serve_http
from services.kernel.kafka_logs import Logs
from services.kernel.settings import Settings


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Serves operators until `stop`."""
    client = f"ceebus-control-{settings.instance}"
    cee = Cee(settings.cee_database_url, client)
    channels = Channels(settings.kafka, client, cee)
    async with (
        postgres.pool(settings.database_url, size=8, application=client) as pool,
        Logs(settings.kafka, f"{client}-logs") as logs,
        Logs(settings.kafka, f"{client}-runs") as run_logs,
    ):
        status = Status(settings.kafka, pool, cee, _now_ms)
        parts = Parts(settings, pool, cee, channels, status, logs, Progress(pool, cee, stop))
        manager = Manager(pool, settings.database_url, cee, channels, run_logs)
        scheduler = Scheduler(pool, channels, settings.database_url)
        copying = Copying(settings, pool, client)
        freshness = Freshness(channels, FeedLateness(settings.kafka, logs, pool, cee), pool, _now_ms)
        beside = [asyncio.create_task(one.run()) for one in (channels, manager, scheduler, copying, freshness)]
        try:
            await serve_http(create_app(parts), settings.control.host, settings.control.port, stop)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await cee.close()


def _now_ms() -> float:
    return time.time() * 1000


if __name__ == "__main__":
    role.run("control", serve)
