"""What time alone makes due in the feed: late records to be healed, markers and answers to be forgotten, figures to be shown.

Runs beside the lane on a connection of its own. Two processes may do it at once: every step is one transaction.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from services.feed.store import Line, Store
from services.kernel import metrics
from services.kernel.logging import log
from services.kernel.postgres import ConnectionLost, Queries, Unreachable

QUERIES = Queries(Path(__file__).with_name("housekeeping.sql"))
STALE_AFTER = timedelta(seconds=30)  # a redelivery or a replay has brought the newest record again by then
KEEP_MARKERS = timedelta(days=90)  # how long a device may be away and still learn of removals
KEEP_ANSWERS = timedelta(days=90)  # as long as the topics of uploads and answers keep theirs
CHUNK = 2000
EVERY_S = 5.0
CLEAN_EVERY = 720  # rounds: once an hour


async def keep_house(url: str) -> None:
    """Until cancelled; a lost database is waited for."""
    line, rounds = Line(url), 0
    try:
        while True:
            try:
                await _round(await line.store(), clean=rounds % CLEAN_EVERY == 0)
                rounds += 1
            except (Unreachable, *ConnectionLost) as error:
                log.warning("housekeeping is put off", action="housekeeping_failed", error=str(error))
                await line.close()
            await asyncio.sleep(EVERY_S)
    finally:
        await line.close()


async def _round(store: Store, clean: bool) -> None:
    await heal(store, STALE_AFTER)
    await show_figures(store)
    if clean:
        await forget(store, KEEP_MARKERS)
        await forget_answers(store, KEEP_ANSWERS)


async def heal(store: Store, after: timedelta) -> int:
    """Asks the source to publish keys again whose newest record in the log still is a stale one; returns how many."""
    async with store.transaction():
        rows = await store.fetch(QUERIES.sweep_stale, after)
    for channel, kind, key in rows:
        log.warning("the log is behind the feed, asked for a republish", action="stale_republish", channel=channel, kind=kind, key=key)
    return len(rows)


async def forget(store: Store, keep: timedelta) -> int:
    """Deletes removal markers and forgets lost audiences older than `keep`, in chunks; `oldest` rises with them."""
    forgotten = 0
    for (channel,) in await store.fetch(QUERIES.old_markers, keep):
        for query in (QUERIES.clean_removed, QUERIES.clean_left):
            forgotten += await _forget_all(store, query, channel, keep)
    return forgotten


async def forget_answers(store: Store, keep: timedelta) -> int:
    """Deletes uploads that were settled before `keep`, and their answers; devices keep what they were told. Returns how many."""
    channels = await store.fetch(QUERIES.old_uploads, keep)
    return sum([await _forget_all(store, QUERIES.clean_uploads, channel, keep) for (channel,) in channels])


async def _forget_all(store: Store, query: str, channel: str, keep: timedelta) -> int:
    forgotten, rows = 0, CHUNK
    while rows == CHUNK:
        rows = await _forget_chunk(store, query, channel, keep)
        forgotten += rows
    return forgotten


async def _forget_chunk(store: Store, query: str, channel: str, keep: timedelta) -> int:
    async with store.transaction():
        await store.lock(channel)
        ((rows, oldest),) = await store.fetch(query, channel, keep, CHUNK)
        if oldest:
            await store.fetch(QUERIES.raise_oldest, channel, oldest)
    return int(rows)


async def show_figures(store: Store) -> None:
    metrics.WAITING.clear()
    metrics.PARKED.clear()
    for channel, kind, waiting, parked in await store.fetch(QUERIES.figures):
        metrics.WAITING.labels(channel, kind).set(waiting)
        metrics.PARKED.labels(channel, kind).set(parked)
