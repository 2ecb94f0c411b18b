"""Server-sent events: news arrives, nothing is missed over a reconnect, streams end when they should."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from services.gateway.access import Identity
from services.gateway.news import News
from services.kernel import postgres
from services.kernel.settings import Settings
from services.sandbox.device.device import Pulled
from tests.integration.gateway_world import Change, World, article, gone, keys, partner, raw, running, world
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


async def test_devices_are_rung_for_what_is_theirs_or_was(here: World, tmp_path: Path) -> None:
    """What is only others' waits for a heartbeat: a device hears of it with the next change of its own."""
    await here.put(article("A1"))
    async with AsyncExitStack() as opened:
        heard = []
        for rep in ("R1", "R2"):
            device = await opened.enter_async_context(await here.device(tmp_path, rep))
            client = await opened.enter_async_context(raw(here, device))
            heard.append(Events(await opened.enter_async_context(client.stream("GET", "/v1/news"))))
            assert await heard[-1].position() == '{"position":1}'
        first, second = heard
        await here.put(partner("P1", "R1"))
        assert await first.position() == '{"position":2}'
        await here.put(Change("partners", "P1", {"number": "P1"}, ["R2"], left=["R1"]))
        assert [await one.position() for one in heard] == ['{"position":3}'] * 2  # the second heard nothing of 2
        await here.put(partner("P2", "R2"))
        assert await second.position() == '{"position":4}'
        await here.put(gone("articles", "A1"))
        assert [await one.position() for one in heard] == ['{"position":5}'] * 2


async def test_what_is_others_is_told_in_the_end(settings: Settings, channel: str) -> None:
    """So that cursors follow, and a pull after a quiet day is no long walk."""
    who, stop = Identity(f"d-{channel}", channel, "R1", uuid4()), asyncio.Event()
    async with postgres.pool(settings.database_url) as pool:
        put = "insert into ceebus.device(id, channel, rep, state, session) values($1, $2, $3, 'active', $4)"
        await pool.execute(put, who.device, channel, who.rep, who.session)
        news, here = News(pool, settings.database_url, heartbeat=0.2), World(pool, settings, channel)
        await here.put(article("A1"))
        looking = asyncio.create_task(news.run(stop))
        async with asyncio.timeout(10), aclosing(news.stream(who, "", 60)) as parts:  # type: ignore[type-var]
            assert [part async for part in _up_to(parts, b'"position":1}')][-1].startswith(b"event: news")
            await here.put(partner("P1", "R2"))
            assert [part async for part in _up_to(parts, b'"position":2}')][-1].startswith(b"event: news")
        stop.set()
        await looking


async def _up_to(parts: AsyncIterator[bytes], text: bytes) -> AsyncIterator[bytes]:
    async for part in parts:
        yield part
        if text in part:
            return


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
