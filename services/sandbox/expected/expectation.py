"""Asks CEE's tables what a channel's devices must hold. Used by `make demo` and by tests, never by the bus itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from schemas.topics import KINDS
from services.kernel.postgres import Connection, PooledConnection, Queries

Fields = tuple[str | None, ...]
Expected = dict[str, dict[str, tuple[str, Fields]]]  # kind -> key -> (op, fields); op is upsert or deactivate

FOLDER = Path(__file__).parent
CONTEXT = Queries(FOLDER / "context.sql")
# file and query, in an order in which each finds what it refers to
STEPS = (
    ("master_data", "dictionaries"),
    ("sales_reps", "reps"),
    ("partners", "partners"),
    ("master_data", "discounts"),
    ("articles", "articles"),
    ("article_categories", "categories"),
    ("availability", "availability"),
    ("price_lists", "lists"),
    ("price_lists", "prices"),
    ("sales_documents", "documents"),
    ("attachments", "attachments"),
)


async def expected(connection: Connection | PooledConnection, channel: str, rep: str | None = None) -> Expected:
    """What `rep`'s device must hold, or, without a rep, what all devices of the channel hold between them.

    One snapshot of CEE. Records that must be held back or have to wait are not in it. Every kind is, if only as an empty dict.
    """
    async with connection.transaction(isolation="repeatable_read"):
        await connection.execute(CONTEXT.functions)
        await connection.execute(CONTEXT.tables)
        await connection.execute(CONTEXT.channel, channel)
        for file, query in STEPS:
            await connection.execute(getattr(_QUERIES[file], query))
            await connection.execute(CONTEXT.analyze)
        rows = await (connection.fetch(CONTEXT.all) if rep is None else connection.fetch(CONTEXT.of_rep, rep))
    found: Expected = {kind: {} for kind in KINDS}
    for row in rows:
        found[row["kind"]][row["key"]] = (row["op"], tuple(row["fields"]))
    return found


_QUERIES: Mapping[str, Queries] = {file: Queries(FOLDER / f"{file}.sql") for file, _query in STEPS}
