"""Where the writer stands in each partition (services/kernel/row_marks.py), and what a gap is: uploads nobody can read again."""

from __future__ import annotations

from schemas import topics
from services.kernel import metrics
from services.kernel.postgres import Pool, PooledConnection
from services.kernel.row_marks import Gap, RowMarks
from services.writer.store import QUERIES


class WriterMarks(RowMarks):
    """Rows of lane `writer` in CEE's database, beside the effects."""

    def __init__(self, cee: Pool) -> None:
        super().__init__(cee, "writer", note_gap)


async def note_gap(connection: PooledConnection, gap: Gap) -> None:
    """Kept for the operator: only the devices that sent them still have what was lost there."""
    _, channel, kind = topics.parse(gap.partition[0])
    metrics.GAPS.labels("writer", channel, kind).inc()
    await connection.execute(QUERIES.gap, channel, kind, *gap.partition, gap.offset, gap.start)
