"""The gateway killed, its database cut and away: nothing wrong reaches a device, and nobody has to help (F01, F13, F19)."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from services.kernel import postgres
from services.kernel.settings import Settings, read_settings
from services.sandbox.databases import SERVICES
from services.sandbox.device.device import Device, Interrupted, Pulled
from services.sandbox.postgres import Postgres
from tests.integration.gateway_world import World, answers, article, gone, is_problem, keys, numbers, raw, world
from tests.stack import eventually

AMOUNT = 6_000
MIGRATIONS = SERVICES / "kernel" / "migrations"


@contextmanager
def process(environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The role as a process of its own, gone at the end of the block."""
    made = subprocess.Popen(
        [sys.executable, "-m", "services.gateway"], env={**environment, "PATH": "/usr/bin:/bin"}, stdin=subprocess.DEVNULL
    )
    try:
        yield made
    finally:
        made.kill()
        made.wait()


async def staged(device: Device) -> int:
    return len(device.store.fetch("select key from staged"))


async def test_killed_gateway_costs_a_pull_nothing_but_time(environment: dict[str, str], channel: str, tmp_path: Path) -> None:
    settings = read_settings(environment, home=tmp_path)
    async with world(settings, channel, serving=False) as here:
        await here.put(*(article(number) for number in numbers("A", AMOUNT)))
        with process(environment) as first:
            await eventually(lambda: answers(settings), within=20)
            device = await here.device(tmp_path, attempts=40)
            pulling = asyncio.create_task(device.pull(limit=50))
            await eventually(lambda: staged(device), within=10, every=0.001)
            first.kill()
        before = await staged(device)
        assert 0 < before < AMOUNT  # the kill bit: in the middle of the pull
        await here.put(article("A000000", "changed"), gone("articles", "A000001"))
        with process(environment):
            pulled = await pulling
            assert pulled.restarts == 0
            assert keys(device, "articles") == set(numbers("A", AMOUNT)) - {"A000001"}
            assert device.rows("articles")["A000000"]["name"] == {"en": "changed"}
            assert pulled.rows <= AMOUNT + 2 + 50  # at most one page came twice
            await device.__aexit__()


async def test_pull_survives_cut_database_connections(settings: Settings, channel: str, tmp_path: Path) -> None:
    """F13: all of the gateway's connections are cut whenever a few more pages have been staged."""
    names, cut = numbers("A", 1_000), 0
    async with world(settings, channel) as here, await here.device(tmp_path, attempts=60) as device:
        for mark in range(4):
            await here.put(*(article(number, str(mark)) for number in names))
            pulling = asyncio.create_task(device.pull(limit=50))
            for _ in range(3):
                before = device.store.recall("cursor")
                await eventually(partial(has_moved, device, pulling, before), every=0.001)
                cut += await cut_connections(here)
            await pulling
            assert {body["name"]["en"] for body in device.rows("articles").values()} == {str(mark)}
        assert keys(device, "articles") == set(names)
        assert cut >= 6  # connections were really cut


def has_moved(device: Device, pulling: asyncio.Task[Pulled], before: str | None) -> bool:
    return pulling.done() or device.store.recall("cursor") != before


async def cut_connections(here: World) -> int:
    return int(
        await here.pool.fetchval(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity"
            " where application_name = 'ceebus-gateway' and datname = current_database()"
        )
    )


async def test_database_away_is_a_clean_503_and_heals_by_itself(settings: Settings, channel: str, tmp_path: Path) -> None:
    for folder in ("run", "logs"):
        (tmp_path / folder).mkdir()
    server = Postgres(tmp_path, durable=False)
    await server.start()
    try:
        url = server.url("ceebus")
        await postgres.migrate(url, MIGRATIONS, "kernel")
        async with world(replace(settings, database_url=url), channel) as here, await here.device(tmp_path, attempts=2) as device:
            await here.put(article("A1"))
            await device.pull()
            await server.stop()
            await refused_while_away(here, device)
            await server.start()
            await eventually(lambda: answers(settings))
            await here.put(article("A2"))
            await device.pull()
            assert keys(device, "articles") == {"A1", "A2"}
    finally:
        await server.stop()


async def refused_while_away(here: World, device: Device) -> None:
    async with raw(here, device) as client:
        answer = await client.get("/v1/sync")
        assert is_problem(answer, 503, "database_unavailable")
        assert answer.headers["retry-after"] == "2"
        assert is_problem(await client.get("/v1/attachments/" + "0" * 64), 503, "database_unavailable")
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/livez")).status_code == 200
    with pytest.raises(Interrupted):
        await device.pull()
    assert keys(device, "articles") == {"A1"}


async def test_slow_client_holds_no_transaction(settings: Settings, channel: str, tmp_path: Path) -> None:
    async with world(settings, channel) as here:
        await here.put(*(article(number, random.Random(number).randbytes(300).hex()) for number in numbers("A", 5_000)))
        async with (
            await here.device(tmp_path) as device,
            raw(here, device, accept_encoding="identity") as client,
            client.stream("GET", "/v1/sync") as response,
        ):
            chunks = response.aiter_bytes(1000)
            await anext(chunks)  # and then it stops reading, with megabytes still to come
            open_now = "select count(*) from pg_stat_activity where application_name = 'ceebus-gateway' and xact_start is not null"
            await eventually(lambda: _none(here.pool, open_now))
            assert await anext(chunks)


async def test_killed_and_cut_devices_end_with_the_same_data(settings: Settings, channel: str, tmp_path: Path) -> None:
    """F19: each device is killed in the middle of its pulls, again and again, while the feed goes on."""
    chance = random.Random(7)
    names = numbers("A", 400)
    async with world(settings, channel) as here:
        await here.put(*(article(number) for number in names))
        devices = [await here.device(tmp_path, attempts=40) for _ in range(12)]
        killed = 0
        for mark in range(4):
            pulls = [asyncio.create_task(device.pull(limit=40)) for device in devices]
            await here.put(*(article(number, str(mark)) for number in names), gone("articles", names[mark]))
            await asyncio.sleep(chance.uniform(0.01, 0.1))
            for pull in chance.sample(pulls, 8):
                killed += pull.cancel()
            await asyncio.gather(*pulls, return_exceptions=True)
        for device in devices:
            await device.pull()
        assert killed >= 5  # pulls were really cut
        assert len({device.digest("articles") for device in devices}) == 1
        assert keys(devices[0], "articles") == set(names[4:]) | set(names[:3])
        for device in devices:
            versions = [line.version for line in device.log() if line.key == names[50]]
            assert versions == sorted(set(versions), key=lambda version: version or 0)  # in order, and none twice
            await device.__aexit__()


async def _none(pool: postgres.Pool, question: str) -> bool:
    return bool(await pool.fetchval(question) == 0)


async def test_gateways_side_by_side_share_keys_and_cursors(
    settings: Settings, environment: dict[str, str], channel: str, tmp_path: Path
) -> None:
    async with world(settings, channel) as here:
        await here.put(*(article(number) for number in numbers("A", 30)))
        async with await here.device(tmp_path) as device:
            page = await anext(aiter(device.client.pages(None, ("data", "attachments"), limit=10, pages=1)))
            device.store.stage(page.lines, page.cursor, page.full)
            with process(environment | {"CEEBUS_GATEWAY": environment["CEEBUS_CONTROL"]}):
                second = read_settings(environment | {"CEEBUS_GATEWAY": environment["CEEBUS_CONTROL"]}, home=tmp_path)
                await eventually(lambda: answers(second), within=20)
                async with Device(second.gateway.url, tmp_path / f"{device.store.recall('device_id')}.db") as moved:
                    await moved.pull()
                    assert keys(moved, "articles") == set(numbers("A", 30))
