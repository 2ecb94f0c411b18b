"""Answers at the gateway: only their sender gets them, with his pull and as a list of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.gateway.access import SQL
from services.kernel.settings import Settings
from services.sandbox.device.device import Device
from tests.integration.gateway_world import Change, World, article, is_problem, raw, world


@pytest.fixture
async def here(settings: Settings, channel: str) -> AsyncIterator[World]:
    async with world(settings, channel) as made:
        yield made


def answer(number: int, sender: str, **fields: Any) -> Change:
    """As the feed writes it."""
    source = str(UUID(int=number))
    said = {"sender": sender, "upload_kind": "documents", "source_id": source, "revision": 1, "upload_id": source, "attempt": 1}
    said |= {"final": True, "outcome": "imported", "at": "2026-11-24T12:00:00.000Z", **fields}
    return Change("results", f"{sender}/{source}/1", said, [sender])


def sender_of(device: Device) -> str:
    return f"device/{device.store.recall('device_id')}"


async def pulled(device: Device) -> list[str]:
    """Keys of the answers in a whole download from nothing."""
    found = [page async for page in device.client.pages(None, ("data",))]
    return [line.split(b'"key":"')[1].split(b'"')[0].decode() for page in found for line in page.lines if b'"kind":"results"' in line]


async def test_a_pull_brings_the_device_s_own_answers_and_nobody_else_s(here: World, tmp_path: Path) -> None:
    async with await here.device(tmp_path) as mine, await here.device(tmp_path) as same_rep:
        await here.put(article("A1"), answer(1, sender_of(mine)), answer(2, sender_of(same_rep)), answer(3, "management/m1"))
        assert await pulled(mine) == [answer(1, sender_of(mine)).key]
        assert await pulled(same_rep) == [answer(2, sender_of(same_rep)).key]


async def test_an_answer_is_news(here: World, tmp_path: Path) -> None:
    async with await here.device(tmp_path) as device:
        await here.put(article("A1"))
        events = device.client.news(None)
        first = await asyncio.wait_for(anext(events), 10)
        last = await here.put(answer(1, sender_of(device)))
        assert (await asyncio.wait_for(anext(events), 10)).endswith(f":{last}")
        assert not first.endswith(f":{last}")
        await events.aclose()  # type: ignore[attr-defined]


async def test_answers_are_listed_by_pages_and_later_ones_follow(here: World, tmp_path: Path) -> None:
    async with await here.device(tmp_path) as device, raw(here, device) as client:
        sender = sender_of(device)
        await here.put(*(answer(number, sender) for number in range(1, 6)), answer(9, "device/other"))
        first = (await client.get("/v1/results", params={"limit": 3})).json()
        rest = (await client.get("/v1/results", params={"cursor": first["cursor"]})).json()
        assert [len(page["items"]) for page in (first, rest)] == [3, 2]
        assert (first["complete"], rest["complete"]) == (False, True)
        assert (await client.get("/v1/results", params={"cursor": rest["cursor"]})).json()["items"] == []
        await here.put(answer(2, sender, attempt=2))
        [again] = (await client.get("/v1/results", params={"cursor": rest["cursor"]})).json()["items"]
        assert (again["source_id"], again["attempt"]) == (str(UUID(int=2)), 2)


async def test_a_channel_without_a_feed_has_no_answers_yet(here: World, tmp_path: Path) -> None:
    async with await here.device(tmp_path) as device, raw(here, device) as client:
        found = (await client.get("/v1/results")).json()
        assert (found["items"], found["complete"]) == ([], True)
        await here.put(answer(1, sender_of(device)))
        assert len((await client.get("/v1/results", params={"cursor": found["cursor"]})).json()["items"]) == 1


async def test_another_s_cursor_and_another_life_of_the_feed_are_told(here: World, tmp_path: Path) -> None:
    async with await here.device(tmp_path) as one, await here.device(tmp_path) as two, raw(here, one) as mine, raw(here, two) as theirs:
        await here.put(answer(1, sender_of(one)))
        cursor = (await mine.get("/v1/results")).json()["cursor"]
        assert is_problem(await theirs.get("/v1/results", params={"cursor": cursor}), 403, "cursor_of_other_sender")
        pull = [page async for page in one.client.pages(None, ("data",))][-1].cursor
        assert is_problem(await mine.get("/v1/results", params={"cursor": pull}), 403, "cursor_invalid")
        await here.pool.execute("update ceebus.feed_position set epoch = gen_random_uuid() where channel = $1", here.channel)
        assert is_problem(await mine.get("/v1/results", params={"cursor": cursor}), 410, "resync_required")


async def test_a_page_of_answers_walks_its_own_index(here: World) -> None:
    await here.put(*(answer(number, f"device/D{number % 40}") for number in range(2000)))
    async with here.pool.acquire() as connection, connection.transaction():
        await connection.execute("set local plan_cache_mode = force_generic_plan")
        await connection.execute(f"prepare answers(text, text, bigint, bigint, bigint) as {SQL.results_rows}")
        plan = "\n".join(row[0] for row in await connection.fetch(f"explain execute answers('{here.channel}', 'device/D1', 0, 99999, 201)"))
    assert "feed_results" in plan, plan
    assert "Sort" not in plan, plan
