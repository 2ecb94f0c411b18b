"""`ceebus ingest` through the source: good lines on the bus, refused ones named, kept and shown."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from schemas import topics
from schemas.cee.partners import Partner
from services.kernel.kafka_admin import log_bounds
from services.source.__main__ import serve
from tests.integration.control_world import CliProcess, World, world
from tests.stack import eventually


@pytest.fixture
async def here(environment: dict[str, str], tmp_path: Path, channel: str) -> AsyncIterator[World]:
    async with world(environment, tmp_path, channel, apart=True) as made:
        await made.cee.execute("update cee.channel set active = true where id = $1", channel)
        await made.ours.execute("insert into ceebus.channel_source values($1, 'partners', 'ingest')", channel)
        stop = asyncio.Event()
        serving = asyncio.create_task(serve(made.settings, stop))
        try:
            await eventually(lambda: listens(made, serving), within=30)
            yield made
        finally:
            stop.set()
            await serving


@pytest.fixture
def cli(environment: dict[str, str]) -> CliProcess:
    return CliProcess(environment)


async def listens(here: World, serving: asyncio.Task[None]) -> bool:
    if serving.done():
        serving.result()
    try:
        _, writer = await asyncio.open_connection(here.settings.source.host, here.settings.source.port)
    except OSError:
        return False
    writer.close()
    return True


def file_of(folder: Path, *lines: str) -> str:
    file = folder / "partners.ndjson"
    file.write_text("\n".join(lines))
    return str(file)


def partner(number: str, **fields: object) -> str:
    """Without its channel: the command names it."""
    body = Partner.example | {"key": number, "number": number} | fields
    return json.dumps({name: value for name, value in body.items() if name != "channel"})


async def published(here: World) -> int:
    name = topics.cee(here.channel, "partners")
    return sum(end - start for start, end in (await log_bounds(here.settings.kafka, [(name, n) for n in range(4)])).values())


async def test_good_lines_are_published_and_refused_ones_reported_and_shown(here: World, cli: CliProcess, tmp_path: Path) -> None:
    file = file_of(tmp_path, partner("K1"), "{", partner("K2", name=None), partner("K3", name="Żółw"))
    answer = await cli("ingest", here.channel, "partners", file)
    assert answer.code == 1
    assert "2 published, 2 refused." in answer.out
    assert [line.split()[:2] for line in answer.out.splitlines() if line.strip()[:1] in ("2", "3")][:2] == [["2", "-"], ["3", "name"]]
    assert await published(here) == 2
    rows = json.loads((await cli("channel", "rejected", here.channel, "partners", "--json")).out)
    assert [(row["line"], row["code"]) for row in rows] == [(3, "field_missing"), (2, "malformed")]
    shown = (await cli("channel", "rejected", here.channel, "--limit", "1")).out
    assert ("Required field name is missing." in " ".join(shown.split()), "UTF-8" in shown) == (True, False)


async def test_all_or_nothing_publishes_nothing_beside_a_refused_line(here: World, cli: CliProcess, tmp_path: Path) -> None:
    good, bad = partner("K1"), partner("K2", name=None)
    answer = await cli("ingest", here.channel, "partners", file_of(tmp_path, good, bad), "--all-or-nothing", "--json")
    assert (answer.code, json.loads(answer.out)["accepted"], json.loads(answer.out)["rejected"]) == (1, 0, 1)
    answer = await cli("ingest", here.channel, "partners", file_of(tmp_path, good), "--all-or-nothing", "--json")
    assert (answer.code, json.loads(answer.out)) == (0, {"accepted": 1, "rejected": 0, "lines": []})
    assert await published(here) == 1


async def test_large_file_is_streamed(here: World, cli: CliProcess, tmp_path: Path) -> None:
    file = file_of(tmp_path, *[partner(f"K{number}", name="N" * 50) for number in range(3000)])
    answer = await cli("ingest", here.channel, "partners", file, "--json")
    assert json.loads(answer.out)["accepted"] == 3000


async def test_what_cannot_be_ingested_is_told_with_the_next_step(here: World, cli: CliProcess, tmp_path: Path) -> None:
    file = file_of(tmp_path, *[partner(f"K{number}") for number in range(2000)])  # the answer comes before the file is through
    answer = await cli("ingest", here.channel, "articles", file)
    assert (answer.code, "[source_is_cee]" in answer.err, "ceebus channel source" in answer.err) == (1, True, True)
    assert "[channel_unknown]" in (await cli("ingest", "??", "partners", file)).err
    assert (await cli("ingest", here.channel, "partners", str(tmp_path / "none"))).code == 2
