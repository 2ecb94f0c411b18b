"""No statement of the feed reads a whole table: flat from ten thousand to a million rows, whatever the planner believes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from services.feed import outcomes, results, store
from services.feed.store import Store
from services.kernel import tally
from services.kernel.postgres import Queries, connect
from tests.stack import Databases

TEXTS = ["a", "b"]
NUMBERS = [1, 2]
BYTES = [b"a", None]
IDS = [UUID(int=1), UUID(int=2)]
MOMENTS = [datetime(2026, 11, 24, tzinfo=UTC)] * 2
KEYED = "feed|waiting|waiting_for|due|ledger|run_tally|run_object"
TABLES = f"{KEYED}|upload"
EACH_BATCH: list[tuple[Queries, str, list[object]]] = [
    (store.QUERIES, "lock", ["PL1"]),
    (store.QUERIES, "known", ["PL1", TEXTS, TEXTS]),
    (store.QUERIES, "absent", ["PL1", TEXTS, TEXTS]),
    (store.QUERIES, "shown", ["PL1", TEXTS, TEXTS]),
    (
        store.QUERIES,
        "put",
        ["PL1", "units", "upsert", 0, None, TEXTS, NUMBERS, BYTES, NUMBERS, BYTES, [None, "a"], [None, "a"], NUMBERS, NUMBERS, NUMBERS],
    ),
    (store.QUERIES, "touch", ["PL1", TEXTS, TEXTS, NUMBERS, NUMBERS]),
    (
        store.QUERIES,
        "hold",
        ["PL1", TEXTS, TEXTS, NUMBERS, BYTES, TEXTS, NUMBERS, BYTES, None, NUMBERS, NUMBERS, NUMBERS, None, ["[]", "[]"], [True, False]],
    ),
    (store.QUERIES, "hold_for", ["PL1", TEXTS, TEXTS, TEXTS, TEXTS, [True, False]]),
    (store.QUERIES, "hold_due", ["PL1", TEXTS, TEXTS, NUMBERS, ["{}", "{}"], TEXTS, NUMBERS, NUMBERS]),
    (store.QUERIES, "settle_waiting", ["PL1", TEXTS, TEXTS]),
    (store.QUERIES, "settle_due", ["PL1", TEXTS, TEXTS]),
    (store.QUERIES, "settle_ledger", ["PL1", TEXTS, TEXTS]),
    (store.QUERIES, "late", ["PL1", TEXTS, TEXTS, NUMBERS, NUMBERS]),
    (store.QUERIES, "arrived", ["PL1", TEXTS, TEXTS]),
    (store.QUERIES, "released", ["PL1", 10, True]),
    (store.QUERIES, "waiting", ["PL1", TEXTS, TEXTS]),
    (store.QUERIES, "release_done", ["PL1", TEXTS, TEXTS]),
    (store.QUERIES, "advance", ["PL1", 7]),
    (store.QUERIES, "step", [["t"], [0], [0], [1], [2]]),
    (
        outcomes.QUERIES,
        "refuse",
        ["PL1", TEXTS, TEXTS, NUMBERS, TEXTS, TEXTS, ["{}", "{}"], TEXTS, NUMBERS, NUMBERS, BYTES, ["[]", "[]"], BYTES, 5],
    ),
    (outcomes.QUERIES, "enter", ["PL1", TEXTS, TEXTS, NUMBERS, TEXTS, TEXTS, ["{}", "{}"]]),
    (outcomes.QUERIES, "overtake", ["PL1", TEXTS, TEXTS, NUMBERS]),
    (tally.QUERIES, "count", [IDS, TEXTS, TEXTS, TEXTS, NUMBERS]),
    (tally.QUERIES, "uncount", [IDS, TEXTS, TEXTS, TEXTS, NUMBERS]),
    (tally.QUERIES, "list", [IDS, TEXTS, TEXTS, TEXTS, TEXTS, ["{}", "{}"]]),
    (tally.QUERIES, "unlist", [IDS, TEXTS, TEXTS, TEXTS]),
    (results.QUERIES, "final", ["PL1", TEXTS, IDS, NUMBERS, TEXTS, IDS]),
    (
        results.QUERIES,
        "note",
        [
            "PL1",
            TEXTS,
            IDS,
            NUMBERS,
            TEXTS,
            IDS,
            NUMBERS,
            [True, False],
            TEXTS,
            None,
            ["{}", "{}"],
            ["[]", "[]"],
            None,
            None,
            MOMENTS,
            None,
        ],
    ),
]


def test_every_statement_of_a_transaction_is_looked_at() -> None:
    named = {(queries, name) for queries, name, _ in EACH_BATCH}
    beside = {"session", "open_channel", "release_channels"}
    sources = [(store, "queries"), (outcomes, "outcomes"), (results, "results"), (tally, "tally")]
    for queries, file in [(module.QUERIES, Path(module.__file__ or "").with_name(f"{name}.sql")) for module, name in sources]:
        names = set(re.findall(r"^-- name: (\w+)", file.read_text(), re.MULTILINE))
        assert names - beside == {name for found, name in named if found is queries}


@pytest.mark.parametrize("rows", [None, 3, 100_000], ids=["no statistics", "a few rows", "a hundred thousand rows"])
async def test_no_statement_reads_a_whole_table(databases: Databases, rows: int | None) -> None:
    """The plans that prepared statements use for ever: those made for unknown values. Statistics of tables that were nearly empty
    when they were analysed must not make them read by channel alone, for each key, when they are full."""
    filler = await connect(databases.ours)
    if rows is not None:
        await filler.execute(re.sub(r"(?<=series\(1, )\d{4,}", lambda found: str(min(int(found[0]), rows)), FILL))
        await filler.execute("analyze")
    await filler.close()
    session = await Store.open(databases.ours)
    try:
        for queries, name, values in EACH_BATCH:
            plan = "\n".join(row[0] for row in await session.fetch(f"explain {getattr(queries, name)}", *values))
            assert not re.search(r"Seq Scan on|Hash Join|Merge Join|Hash Cond", plan), f"{name}:\n{plan}"
            for scan in re.findall(rf"(?:Index|Bitmap).* Scan .*on (?:{TABLES})\b[^\n]*\n(?:[^\n]*\n)*?[^\n]*", plan):
                assert "Index Cond" in plan, f"{name}:\n{scan}"
            for scan, condition in re.findall(rf"(?:Index|Bitmap)[^\n]* on ((?:{KEYED})\b[^\n]*)\n *Index Cond: ([^\n]*)", plan):
                assert re.search(r"\bkey\b|parent_key|run =", condition), f"{name}:\n{scan}\n{condition}\n{plan}"
    finally:
        await session.close()


FILL = """
truncate ceebus.feed, ceebus.waiting, ceebus.waiting_for, ceebus.due, ceebus.ledger, ceebus.upload, ceebus.run_tally, ceebus.run_object,
    ceebus.release;
insert into ceebus.feed_position(channel, last) values('PL1', 100000) on conflict do nothing;
insert into ceebus.feed(channel, kind, key, objectversion, hash, op, version, body, position, topic_partition, topic_offset)
select 'PL1', 'units', 'k' || i, i, '\\x00', 'upsert', 1, '\\x7b7d', i, 0, i from generate_series(1, 100000) i;
insert into ceebus.waiting(channel, kind, key, objectversion, op, topic_partition, topic_offset, missing)
select 'PL1', 'units', 'k' || i, i, 'upsert', 0, i, '[]' from generate_series(1, 5000) i;
insert into ceebus.waiting_for(channel, parent_kind, parent_key, kind, key) select 'PL1', 'units', 'p' || i % 50, 'units', 'k' || i
from generate_series(1, 5000) i;
insert into ceebus.due(channel, kind, key, objectversion, outcome, code) select 'PL1', 'units', 'k' || i, i, 'waiting', 'x'
from generate_series(1, 5000) i;
insert into ceebus.ledger(channel, kind, key, objectversion, outcome, code) select 'PL1', 'units', 'k' || i, i, 'warning', 'x'
from generate_series(1, 5000) i;
insert into ceebus.upload(channel, kind, source_id, revision, sender, upload_id, attempt, final, outcome, answered_at)
select 'PL1', 'visits', gen_random_uuid(), 1, 'device/D', gen_random_uuid(), 1, true, 'imported', now() from generate_series(1, 20000) i;
insert into ceebus.run_tally(run, kind, outcome, code, records) select gen_random_uuid(), 'units', 'sent', '', 1
from generate_series(1, 5000) i;
insert into ceebus.run_object(run, kind, key, outcome, code) select gen_random_uuid(), 'units', 'k' || i, 'waiting', 'x'
from generate_series(1, 5000) i;
insert into ceebus.release(channel, parent_kind, parent_key) select 'PL1', 'units', 'p' || i from generate_series(1, 3) i;
"""
