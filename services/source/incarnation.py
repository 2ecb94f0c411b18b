"""A restored CEE is newer than its own future: it gets a higher incarnation, and everything is read again (design.md 7.1).

Found out by comparing CEE's incarnation and read number with what our own database remembers of them. An operator who
restored CEE without our noticing raises `ceebus.incarnation` by one: that is answered in the same way.
"""

from __future__ import annotations

from contextlib import aclosing
from pathlib import Path

from schemas import topics
from schemas.envelope import header
from services.kernel.kafka import Record, follow
from services.kernel.kafka_admin import topics_present
from services.kernel.logging import log
from services.kernel.postgres import Pool, PooledConnection, Queries
from services.kernel.settings import Kafka, Settings

QUERIES = Queries(Path(__file__).with_name("queries.sql"))


async def check_incarnation(cee: Pool, ours: Pool, settings: Settings) -> bool:
    """Compares, and treats CEE as restored where it must be; True when it was. One process at a time does it."""
    async with cee.acquire() as connection, connection.transaction():
        await connection.execute(QUERIES.incarnation_lock)
        now = await connection.fetchrow(QUERIES.incarnation)
        assert now is not None
        known = await ours.fetchrow(QUERIES.known_incarnation)
        number, read_number = now["number"], now["read_number"]
        restored = known is not None and (number != known["number"] or read_number < known["read_number"])
        if known is not None and restored:
            # raised by an operator: that is the new number; else it must exceed whatever was published
            number = number if number > known["number"] else max(number, known["number"]) + 1
            log.warning("CEE was restored, everything is read again", action="cee_restored", incarnation=number)
            for channel in await connection.fetch(QUERIES.mobile_channels):
                await _rebuild(connection, channel["channel"], settings.kafka)
            await connection.execute(QUERIES.raise_incarnation, number)
            await connection.execute(QUERIES.gap_everywhere)
            await connection.execute(QUERIES.drop_cursors)
            await connection.execute(QUERIES.cancel_snapshots)
    # after CEE's commit: a crash in between finds a higher number there and does the same once more
    await ours.execute(QUERIES.remember_incarnation, number, read_number)
    return restored


async def _rebuild(connection: PooledConnection, channel: str, kafka: Kafka) -> None:
    """`published` of a backup lacks what was published after it: the log itself knows."""
    present = await topics_present(kafka)
    for kind in topics.KINDS:
        topic = topics.cee(channel, kind)
        if topic not in present:
            continue
        async with aclosing(follow(kafka, topic, "ceebus-source-rebuild")) as batches:  # type: ignore[type-var]
            async for records in batches:
                if not records:
                    break
                await _keep(connection, channel, kind, records)


async def _keep(connection: PooledConnection, channel: str, kind: str, records: list[Record]) -> None:
    newest = {(record.key or b"").decode(): record for record in records}
    versions = [int(header(record.headers, "ce_objectversion") or 0) for record in newest.values()]
    removed = [record.value is None for record in newest.values()]
    await connection.execute(QUERIES.rebuild_published, channel, kind, list(newest), versions, removed)
