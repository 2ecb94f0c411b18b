"""The gateway role: `python -m services.gateway`. Needs PostgreSQL and the blob store; without Kafka devices still pull."""

from __future__ import annotations

import asyncio

from services.gateway.access import Access, signing_key
from services.gateway.app import create_app
from services.gateway.files import PartialFiles
from services.gateway.news import News
from services.gateway.parts import Parts
from services.kernel import postgres, role
from services.kernel.blobs import BlobStore
from services.kernel.http import serve_http
from services.kernel.kafka import Producer
from services.kernel.settings import Settings

_CONNECTIONS = 8  # a page takes some 20 ms of one: enough for hundreds of devices


async def serve(settings: Settings, stop: asyncio.Event) -> None:
    """Serves devices until `stop`."""
    async with postgres.pool(settings.database_url, size=_CONNECTIONS, application="ceebus-gateway") as pool:
        key = await signing_key(pool)
        news = News(pool, settings.database_url)
        files = PartialFiles(settings.blobs)
        bus = Producer(settings.kafka, f"ceebus-gateway-{settings.instance}")  # connects with the first upload
        parts = Parts(pool, key, Access(pool, key), news, BlobStore(settings.blobs), files, bus, stop)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(news.run(stop))
                group.create_task(files.keep_clean(stop))
                await serve_http(create_app(parts), settings.gateway.host, settings.gateway.port, stop)
                stop.set()
        finally:
            await bus.stop()


if __name__ == "__main__":
    role.run("gateway", serve)
