"""Uploads that were gone from the log before they were read: nobody can send them again but their devices, so it is an alarm."""

from __future__ import annotations

from schemas.topics import parse
from services.importer.devices import QUERIES
from services.kernel import metrics
from services.kernel.postgres import PooledConnection
from services.kernel.row_marks import Gap


async def lost(connection: PooledConnection, gap: Gap) -> None:
    """Remembers the range; KafkaMarks logs it."""
    topic, number = gap.partition
    _, channel, kind = parse(topic)
    await connection.execute(QUERIES.gap, channel, kind, topic, number, gap.offset, gap.start)
    metrics.GAPS.labels("importer", channel, kind).inc()
