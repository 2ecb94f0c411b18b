"""A restored CEE is newer than its own future: it gets a higher incarnation, and everything is read again (design.md 7.1).

Found out by comparing CEE's incarnation and read number with what our own database remembers of them. An operator who
restored CEE without our noticing raises `ceebus.incarnation` by one: that is answered in the same way.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path

from schemas import topics
from schemas.envelope import header
from services.kernel.kafka import Record
from services.kernel.kafka_admin import topics_present
from services.kernel.kafka_read import follow
from services.kernel.logging import log
from services.kernel.postgres import Pool, PooledConnection, Queries
from services.kernel.settings import Kafka, Settings

QUERIES = Queries(Path(__file__).with_name("queries.sql"))


async def check_incarnation(cee: Pool, ours: Pool, settings: Settings) -> bool:
    """Compares, and treats CEE as restored where it must be; True when it was. One process at a time does it."""
    async with cee.acquire() as connection:
        try:  # a lock that was granted while its asker was cancelled goes too
            await connection.execute(QUERIES.incarnation_lock)
            now = await connection.fetchrow(QUERIES.incarnation)
            known = await ours.fetchrow(QUERIES.known_incarnation)
            assert now is not None
            number, restored = now["number"], False
            if known is not None and (number != known["number"] or now["read_number"] < known["read_number"]):
                # raised by an operator: that is the new number; else it must exceed whatever was published
                number = number if number > known["number"] else known["number"] + 1
                await _begin_anew(cee, connection, number, settings.kafka)
                restored = True
            # after CEE's commit: a crash in between finds a higher number there and does the same once more
            await ours.execute(QUERIES.remember_incarnation, number, now["read_number"])
        finally:
            await connection.execute(QUERIES.incarnation_unlock)
    return restored


async def _begin_anew(cee: Pool, connection: PooledConnection, number: int, kafka: Kafka) -> None:
    log.warning("CEE was restored, everything is read again", action="cee_restored", incarnation=number)
    present = await topics_present(kafka)
    channels = [row["channel"] for row in await connection.fetch(QUERIES.mobile_channels)]
    places = [(channel, kind) for channel in channels for kind in topics.KINDS if topics.cee(channel, kind) in present]
    for start in range(0, len(places), len(topics.KINDS)):
        await asyncio.gather(*[_rebuild(cee, *place, kafka) for place in places[start : start + len(topics.KINDS)]])
    async with connection.transaction():
        await connection.execute(QUERIES.raise_incarnation, number)
        await connection.execute(QUERIES.gap_everywhere)
        await connection.execute(QUERIES.drop_cursors)
        await connection.execute(QUERIES.cancel_snapshots)


async def _rebuild(cee: Pool, channel: str, kind: str, kafka: Kafka) -> None:
    """`published` of a backup lacks what was published after it: the log itself knows."""
    async with aclosing(follow(kafka, topics.cee(channel, kind), "ceebus-source-rebuild")) as batches:  # type: ignore[type-var]
        async for records in batches:
            if not records:
                return
            await _keep(cee, channel, kind, records)


async def _keep(cee: Pool, channel: str, kind: str, records: list[Record]) -> None:
    newest = {(record.key or b"").decode(): record for record in records}
    versions = [int(header(record.headers, "ce_objectversion") or 0) for record in newest.values()]
    removed = [record.value is None for record in newest.values()]
    await cee.execute(QUERIES.rebuild_published, channel, kind, list(newest), versions, removed)
