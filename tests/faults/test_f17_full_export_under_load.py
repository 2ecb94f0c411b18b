"""F17: a channel's whole state is exported while changes go on; the source is killed half-way and goes on where it was."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.envelope import header
from services.kernel.kafka import Record
from services.sandbox.generate.sizes import SIZES
from services.source.snapshot import CHUNK
from tests.faults.form import full_or
from tests.faults.log import read_log, version_of
from tests.faults.site import CHANNEL, LIMIT_S, Site, day, following, site
from tests.stack import eventually

KIND = "sales-documents"
CHUNKS = full_or(4, 2)
SIZE = "tiny with a past"
PROGRESS = "select state, done from ceebus.snapshot where channel = $1 and kind = $2 order by id desc limit 1"
LOCK = "select from ceebus.snapshot where channel = $1 and kind = $2 for update"
WAITING = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and application_name like 'ceebus-source%' and wait_event_type = 'Lock'
"""


@pytest.fixture
def size(monkeypatch: pytest.MonkeyPatch) -> str:
    """As tiny as the others, but with documents for a few chunks."""
    monkeypatch.setitem(SIZES, SIZE, replace(SIZES["tiny"], documents=CHUNKS * CHUNK[KIND] + 100, lines=2))
    return SIZE


async def test_a_killed_full_export_goes_on_under_load(surroundings: dict[str, str], tmp_path: Path, size: str, seed: int) -> None:
    async with site(surroundings, tmp_path, size) as here:
        async with day(here, seed) as changes:
            await here.running.activate()
            done = await kill_half_way(here)
            seen = changes.commits
            await here.running.snapshot(lambda _kind, _done, _total: None, within=LIMIT_S)
            await changes.more(50)
        assert changes.commits - seen >= 50
        async with following(here):
            assert await here.offences() == {}
        records = [
            r for at, found in (await read_log(here.settings.kafka, CHANNEL, ("cee",))).items() if at[0].endswith(KIND) for r in found
        ]
        full = [record for record in records if is_of_snapshot(record)]
        repeated = sum(count - 1 for count in Counter(record.key for record in full).values())
        assert 0 < repeated <= CHUNK[KIND]  # the chunk that was on its way: acknowledged, not yet noted
        assert CHUNK[KIND] <= done < CHUNKS * CHUNK[KIND] < len(full) - repeated
        assert len(records) > len(full)  # changes came in between
        assert falling(records) == []


async def kill_half_way(here: Site) -> int:
    """Kills the source when a chunk has been sent and is about to be noted; returns how many rows had been noted."""

    async def begun() -> bool:
        row = await here.cee.fetchrow(PROGRESS, CHANNEL, KIND)
        return row is not None and row["state"] == "rows" and row["done"] >= CHUNK[KIND]

    await eventually(begun, within=LIMIT_S, every=0.002)
    async with here.cee.acquire() as connection, connection.transaction():
        await connection.fetch(LOCK, CHANNEL, KIND)
        row = await connection.fetchrow(PROGRESS, CHANNEL, KIND)
        assert row is not None
        await eventually(
            lambda: here.cee.fetchval("select exists(" + WAITING.replace("pg_terminate_backend(pid)", "pid") + ")"), within=LIMIT_S
        )
        here.supervisor.kill("source")
        assert await here.cee.fetch(WAITING)  # else the server would note the chunk for a client that is no more
    return int(row["done"])


def is_of_snapshot(record: Record) -> bool:
    """A live change says when it was committed (publish.py)."""
    return record.value is not None and header(record.headers, "ce_time") is None


def falling(records: list[Record]) -> list[str]:
    """Keys whose versions go down in the log."""
    highest: dict[str, int] = {}
    wrong = []
    for record in records:
        _, key, version = version_of(f"cee.{CHANNEL}.{KIND}", record)
        wrong += [f"{key} {version} after {highest[key]}"] if version < highest.get(key, 0) else []
        highest[key] = version
    return wrong
