"""From the device and back over HTTP: whoever looks at the device, at whatever moment, sees each object of his exactly once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.kernel.settings import Settings
from services.sandbox.device.device import Device
from services.sandbox.device.store import ANSWERS
from tests.integration.gateway_world import Change, World, article, numbers, partner, world
from tests.stack import eventually


@pytest.fixture
async def here(settings: Settings, channel: str) -> AsyncIterator[World]:
    async with world(settings, channel) as made:
        yield made


def accept(device: Device) -> None:
    """As a push whose answer came."""
    device.store.change(*((ANSWERS.accepted, (upload.seq, str(uuid4()))) for upload in device.uploads.all()))


def answers(device: Device, outcome: str = "imported", **fields: Any) -> list[Change]:
    """What the feed has for the device's uploads."""
    sender = f"device/{device.store.recall('device_id')}"
    found = []
    for upload in device.uploads.all():
        said = {"sender": sender, "upload_kind": upload.kind, "source_id": upload.source_id, "revision": 1, "upload_id": upload.upload_id}
        said |= {"attempt": 1, "final": outcome != "waiting", "outcome": outcome, "at": "2026-11-24T12:00:00.000Z", **fields}
        found.append(Change("results", f"{sender}/{upload.source_id}/1", said, [sender]))
    return found


def confirmed(sources: list[str], status: str = "released") -> list[Change]:
    return [
        Change("sales-documents", f"ZS/{number}", {"partner": "P1", "origin_source_id": source, "status_general": status}, ["R1"])
        for number, source in enumerate(sources)
    ]


@asynccontextmanager
async def looking(device: Device, sources: list[str]) -> AsyncIterator[list[str]]:
    """Looks at the device again and again in a thread of its own; keeps what is not exactly one."""
    wrong: list[str] = []
    stop = threading.Event()

    def look() -> int:
        looks = 0
        while not stop.is_set():
            seen = device.uploads.shown("documents")
            wrong.extend(f"{source}: {seen.get(source)}" for source in sources if len(seen.get(source, ())) != 1)
            looks += 1
        return looks

    watching = asyncio.create_task(asyncio.to_thread(look))
    try:
        yield wrong
    finally:
        stop.set()
        looks = await watching
    assert looks > 50


async def test_orders_are_seen_once_at_every_moment_until_they_are_cee_s(here: World, tmp_path: Path) -> None:
    await here.put(partner("P1"))
    async with await here.device(tmp_path) as device:
        await device.pull()
        sources = [device.uploads.put("documents", {"mobile_number": f"ZS-{number}"}) for number in range(20)]
        accept(device)
        async with looking(device, sources) as wrong:
            await here.put(*answers(device, "waiting", code="partner_blocked"))
            await device.pull(limit=7)
            await here.put(*answers(device, attempt=2), *(article(number) for number in numbers("A", 30)))
            await device.pull(limit=7)
            await here.put(*confirmed(sources[:11]))
            await device.pull(limit=3)
            await here.put(*confirmed(sources, "completed"))
            await device.pull(limit=3)
            device.store.restart()
            assert (await device.pull(limit=10)).full == ("data", "attachments")
        assert wrong == []
        assert device.uploads.shown("documents") == {source: ["confirmed"] for source in sources}
        assert {upload.state for upload in device.uploads.all()} == {"final"}
        assert len(device.uploads.results()) == 20


async def test_an_answer_rings_at_a_device_that_follows(here: World, tmp_path: Path) -> None:
    stop = asyncio.Event()
    async with await here.device(tmp_path) as device:
        device.uploads.put("documents", {"mobile_number": "ZS-1"})
        accept(device)
        following = asyncio.create_task(device.follow(stop))
        try:
            await here.put(*answers(device, "rejected", code="quote_expired"))
            await eventually(lambda: device.uploads.all()[0].state == "final", within=10)
        finally:
            stop.set()
            await following
        assert device.uploads.all()[0].code == "quote_expired"
