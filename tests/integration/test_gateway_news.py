"""Server-sent events: news arrives, nothing is missed over a reconnect, streams end when they should."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from services.kernel import postgres
from services.kernel.settings import Settings
from services.sandbox.device.device import Pulled
from tests.integration.gateway_world import World, article, keys, raw, running, world
from tests.stack import eventually


@pytest.fixture
async def here(settings: Settings, channel: str) -> AsyncIterator[World]:
    async with world(settings, channel) as made:
        yield made


class Events:
    """A stream's events one by one, heartbeats skipped; each within ten seconds."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self) -> dict[str, str] | None:
        """Fields of the next event; None when the stream has ended."""
        found: dict[str, str] = {}
        async with asyncio.timeout(10):
            async for line in self._lines:
                name, colon, value = line.partition(": ")
                if colon and name in ("event", "id", "data"):
                    found[name] = value
                elif not line and found:
                    return found
        return None

    async def position(self) -> str:
        event = await self.next()
        assert event, "the stream ended"
        return event["data"]


async def test_feed_commit_is_news_with_an_id(here: World, tmp_path: Path) -> None:
    await here.put(article("A1"))
    async with await here.device(tmp_path) as device, raw(here, device) as client:
        async with client.stream("GET", "/v1/news") as response:
            assert (response.status_code, response.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
            known = await Events(response).next() or {}
        assert (known["event"], known["data"]) == ("news", '{"position":1}')
        # with the id nothing is repeated, and the next change comes by itself
        async with client.stream("GET", "/v1/news", headers={"last-event-id": known["id"]}) as response:
            await here.put(article("A2"))
            assert await Events(response).position() == '{"position":2}'


async def test_change_during_a_disconnect_is_told_at_once(here: World, tmp_path: Path) -> None:
    await here.put(article("A1"))
    async with await here.device(tmp_path) as device, raw(here, device) as client:
        async with client.stream("GET", "/v1/news") as response:
            known = await Events(response).next() or {}
        await here.put(article("A2"))
        async with client.stream("GET", "/v1/news", headers={"last-event-id": known["id"]}) as response:
            assert await Events(response).position() == '{"position":2}'


async def test_stream_ends_after_the_time_asked_for(here: World, tmp_path: Path) -> None:
    async with await here.device(tmp_path) as device, raw(here, device) as client:
        async with asyncio.timeout(10):
            answer = await client.get("/v1/news", params={"seconds": 0})
        assert answer.text.startswith("retry: ")


async def test_second_stream_of_a_device_ends_its_first(here: World, tmp_path: Path) -> None:
    await here.put(article("A1"))
    async with await here.device(tmp_path) as device, raw(here, device) as client, client.stream("GET", "/v1/news") as first:
        events = Events(first)
        assert await events.position() == '{"position":1}'
        async with client.stream("GET", "/v1/news") as second:
            assert await events.next() is None
            assert await Events(second).position() == '{"position":1}'


async def test_shutdown_ends_open_streams(settings: Settings, channel: str, tmp_path: Path) -> None:
    async with world(settings, channel, serving=False) as here:
        await here.put(article("A1"))
        async with running(settings), await here.device(tmp_path) as device:
            client = raw(here, device)
            response = await client.send(client.build_request("GET", "/v1/news"), stream=True)
            events = Events(response)
            await events.position()
            stopping = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - stopping < 4  # the server did not have to lose patience
        assert await events.next() is None
        await client.aclose()


async def test_following_device_applies_what_is_committed(here: World, tmp_path: Path) -> None:
    stop, seen = asyncio.Event(), list[Pulled]()
    async with await here.device(tmp_path) as device:
        following = asyncio.create_task(device.follow(stop, seen.append))
        for number in range(5):
            await here.put(article(f"A{number}"))
            await eventually(lambda wanted=f"A{number}": wanted in keys(device, "articles"), within=10)
        stop.set()
        await following
        assert len(seen) >= 5


async def test_following_survives_a_lost_listener_and_a_restarted_gateway(settings: Settings, channel: str, tmp_path: Path) -> None:
    stop = asyncio.Event()
    async with world(settings, channel, serving=False) as here:
        async with running(settings):
            device = await here.device(tmp_path)
            following = asyncio.create_task(device.follow(stop))
            await here.put(article("A1"))
            await eventually(lambda: "A1" in keys(device, "articles"))
            assert await cut(here.pool, "ceebus-listen") >= 1
            await here.put(article("A2"))
            await eventually(lambda: "A2" in keys(device, "articles"))
        await here.put(article("A3"))
        async with running(settings):
            await eventually(lambda: "A3" in keys(device, "articles"), within=20)
            stop.set()
            await following
            await device.__aexit__()


async def cut(pool: postgres.Pool, application: str) -> int:
    """Connections cut with pg_terminate_backend."""
    return int(
        await pool.fetchval(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name = $1 and datname = current_database()",
            application,
        )
    )
