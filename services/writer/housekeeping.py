"""What time alone makes due in the writer: old answers and inbox rows to be forgotten, figures to be shown."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from services.kernel import metrics
from services.kernel.logging import log
from services.kernel.postgres import ConnectionLost, DatabaseError, Pool, Queries, Unreachable

QUERIES = Queries(Path(__file__).with_name("housekeeping.sql"))
KEEP_ANSWERS = timedelta(days=120)  # longer than import.* is kept: what is read again finds the answer it had
KEEP_INBOX = timedelta(days=400)  # a device that was in a drawer for a year still meets it
CHUNK = 5000
EVERY_S = 5.0
CLEAN_EVERY = 720  # rounds: once an hour


async def keep_house(cee: Pool) -> None:
    """Until cancelled; a lost database is waited for."""
    rounds = 0
    while True:
        try:
            await show_figures(cee)
            if rounds % CLEAN_EVERY == 0:
                await forget(cee, KEEP_ANSWERS, KEEP_INBOX)
            rounds += 1
        except (Unreachable, DatabaseError, TimeoutError, *ConnectionLost) as error:
            log.warning("housekeeping is put off", action="housekeeping_failed", error=f"{type(error).__name__}: {error}")
        await asyncio.sleep(EVERY_S)


async def forget(cee: Pool, answers: timedelta, inbox: timedelta) -> int:
    """Deletes what is older, in chunks; never an answer that is unsent or the last word on what still waits. Returns how many."""
    forgotten = 0
    for query, age in ((QUERIES.old_answers, answers), (QUERIES.old_inbox, inbox), (QUERIES.old_wishes, answers)):
        rows = CHUNK
        while rows == CHUNK:
            rows = int(await cee.fetchval(query, age, CHUNK))
            forgotten += rows
    return forgotten


async def show_figures(cee: Pool) -> None:
    metrics.WAITING.clear()
    metrics.PARKED.clear()
    for channel, kind, waiting, parked in await cee.fetch(QUERIES.figures):
        metrics.WAITING.labels(channel, kind).set(waiting)
        metrics.PARKED.labels(channel, kind).set(parked)
