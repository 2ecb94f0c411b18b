"""The source: CEE's committed changes and whole states -> cee.*, settings -> channels, contents -> blobs; HTTP ingest."""

from __future__ import annotations

import asyncio

from schemas import topics
from services.kernel.blobs import BlobStore
from services.kernel.kafka import producer
from services.kernel.kafka_admin import ensure_topics
from services.kernel.postgres import pool
from services.kernel.role import run
from services.kernel.settings import Settings
from services.source.blobs import Blobs
from services.source.housekeeping import keep_house
from services.source.http import make_app, serve_ingest
from services.source.surroundings import Surroundings
from services.source.watch import Watch


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Runs until `stop`; several processes share the channels between them by locks in CEE's database."""
    client = f"ceebus-source-{settings.instance}"
    async with (
        pool(settings.cee_database_url, size=6, application=client) as cee,
        pool(settings.database_url, size=3, application=client) as ours,
        producer(settings.kafka, f"{client}-ingest") as out,
    ):
        await ensure_topics(settings.kafka, [topics.channels()])
        store = BlobStore(settings.blobs)
        around = Surroundings(settings, cee, ours, Blobs(cee, store))
        watch = Watch(around)
        async with asyncio.TaskGroup() as roles:
            roles.create_task(watch.run(stop))
            roles.create_task(keep_house(around, stop))
            roles.create_task(serve_ingest(make_app(around, watch, out, store), settings, stop))


if __name__ == "__main__":
    run("source", serve)
