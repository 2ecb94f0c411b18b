"""What one source process does for all now and then: clears the outbox and old removals, watches the horizon and CEE's age."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from services.kernel import metrics
from services.kernel.kafka import Unreachable as KafkaUnreachable
from services.kernel.logging import log
from services.kernel.postgres import ConnectionLost, DatabaseError, Pool, Queries
from services.kernel.postgres import Unreachable as PostgresUnreachable
from services.source.incarnation import check_incarnation
from services.source.surroundings import Surroundings

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
EVERY_S = 10.0
ROWS_AT_ONCE = 20_000
FAILURES = (PostgresUnreachable, KafkaUnreachable, DatabaseError, *ConnectionLost, TimeoutError)


async def keep_house(around: Surroundings, stop: asyncio.Event) -> None:
    """Until `stop`; an outage is waited for."""
    while not stop.is_set():
        try:
            await check_incarnation(around.cee, around.ours, around.settings)
            await clear_outbox(around.cee)
            await around.cee.execute(QUERIES.forget_removed)
            age = await around.cee.fetchval(QUERIES.horizon_age)
            metrics.HORIZON_AGE.set(float(age or 0))
        except FAILURES as error:
            log.warning("housekeeping failed, trying again", action="housekeeping_again", error=f"{type(error).__name__}: {error}")
        with suppress(TimeoutError):
            async with asyncio.timeout(EVERY_S):
                await stop.wait()
    with suppress(*FAILURES):
        await check_incarnation(around.cee, around.ours, around.settings)  # so that a restore is noticed after a long stop, too


async def clear_outbox(cee: Pool) -> int:
    """Deletes rows below the lowest cursor of the active channels, and those older than 7 days; returns how many.

    What is deleted is noted as the floor: a channel whose cursor lies below it gets a gap and a snapshot (T39).
    """
    cleared = 0
    for statement in (QUERIES.clear_passed, QUERIES.clear_old):
        while True:
            async with cee.acquire() as connection, connection.transaction():
                if not await connection.fetchval(QUERIES.housekeeping_lock):
                    return cleared
                deleted = int(await connection.fetchval(statement, ROWS_AT_ONCE) or 0)
            cleared += deleted
            if deleted < ROWS_AT_ONCE:
                break
    return cleared
