"""Children go on when their parents have arrived (design.md 7.5), in chunks, chains included.

Driven by the table `release`, written in the transaction in which the parent became visible: a crash loses nothing.
Called by batch.py inside its transaction for the first chunk; the Releaser does the rest, and what is only shortened.
"""

from __future__ import annotations

import asyncio
import contextlib

from schemas import topics
from services.feed import runs
from services.feed.apply import judge
from services.feed.record import Incoming
from services.feed.store import QUERIES, Line, Store
from services.kernel import metrics
from services.kernel.logging import log
from services.kernel.postgres import ConnectionLost, Unreachable

CHUNK = 2000  # rows a transaction: the channel's lock is never held for long
EVERY_S = 1.0
_RANK = {kind: rank for rank, kind in enumerate(topics.KINDS)}


async def release(store: Store, channel: str, last: int, *, soft: bool = False, limit: int = CHUNK) -> tuple[int, int]:
    """Judges waiting rows again, at most `limit`, under the channel's lock; returns the last position and how many it took.

    `soft`: also those that are visible without a reference. Each one taken leaves the list of its arrived parents.
    """
    done = 0
    while done < limit:
        keys = await store.released(channel, limit - done, soft)
        if not keys:
            await store.release_done(channel, ())
            break
        records = sorted(await store.waiting(channel, keys), key=_parents_first)
        absent = await store.absent(channel, records)
        plan = judge(records, await store.known(channel, [r.reference for r in records]), absent, last)
        plan.late.clear()  # not from the log
        await store.write(channel, plan)
        await runs.recount(store, plan)
        await store.release_done(channel, absent.difference(plan.arrived))
        for kind in {record.kind for record in records}:
            applied = sum(1 for put in plan.puts if put.record.kind == kind)
            metrics.RECORDS.labels("feed", channel, kind, "released").inc(applied)
        last, done = plan.last, done + len(keys)
    return last, done


def _parents_first(record: Incoming) -> tuple[int, int, str]:
    return _RANK.get(record.kind, 0), record.key.count("/"), record.key


class Releaser:
    """Takes over where a batch's transaction was full: woken by it, and every second."""

    def __init__(self, url: str) -> None:
        self._line, self._woken = Line(url), asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled; a lost database is waited for."""
        try:
            while True:
                try:
                    await self._round(await self._line.store())
                except (Unreachable, *ConnectionLost) as error:
                    log.warning("release is put off", action="release_failed", error=str(error))
                    await self._line.close()
                await self._pause()
        finally:
            await self._line.close()

    async def _round(self, store: Store) -> None:
        for (channel,) in await store.fetch(QUERIES.release_channels):
            while await release_chunk(store, channel):
                pass

    async def _pause(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(EVERY_S):
                await self._woken.wait()
        self._woken.clear()


async def release_chunk(store: Store, channel: str) -> int:
    """One transaction; returns how many waiting rows it judged."""
    async with store.transaction():
        before = await store.lock(channel)
        last, done = await release(store, channel, before, soft=True)
        if last > before:
            await store.advance(channel, last)
    return done
