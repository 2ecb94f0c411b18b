"""Where the feed stands in each partition (services/kernel/row_marks.py), and what makes up for a gap: CEE is read again."""

from __future__ import annotations

from pathlib import Path

from schemas import topics
from services.kernel.postgres import Pool, PooledConnection, Queries
from services.kernel.row_marks import Gap, RowMarks

QUERIES = Queries(Path(__file__).with_name("marks.sql"))


class FeedMarks(RowMarks):
    """Rows of lane `feed` in our database."""

    def __init__(self, pool: Pool) -> None:
        super().__init__(pool, "feed", want_snapshot)


async def want_snapshot(connection: PooledConnection, gap: Gap) -> None:
    """The kind is read again from CEE. What was said besides, in outcomes and results, can't be read again from anywhere."""
    stream, channel, kind = topics.parse(gap.partition[0])
    if stream == "export":
        reason = f"gap: feed at {gap.offset}, log of {gap.partition[0]} {gap.partition[1]} starts at {gap.start}"
        await connection.execute(QUERIES.want_snapshot, channel, kind, reason)
