"""Asks for the runs of schedules in time: one loop in every control process, each due moment served by one of them.

A schedule is locked, its run asked for and its next moment set in one transaction: killed anywhere, it is served once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from services.control.known import Known
from services.control.runs.ask import ask
from services.control.schedules.recurrence import RecurrenceInvalid, next_opening, upcoming
from services.control.schedules.stored import SQL, Stored, read, utc_now
from services.kernel.http import Problem
from services.kernel.logging import log
from services.kernel.postgres import RETRYABLE, ConnectionLost, DatabaseError, Pool, PooledConnection, listen

LONGEST_S = 60.0  # a clock that was set, a machine that slept: looked at anew after so long at most
RETRY_S = 2.0
SHORTEST_S = 0.02  # the loop's timers end up to a millisecond early: less than one left would be looked at again and again
GRACE = timedelta(seconds=90)  # later than this nobody was there; above LONGEST_S, so that a woken process is not too late


class ChannelsKnown(Protocol):
    """What is asked of services/control/known.py."""

    def kafka_problem(self) -> str | None:
        """None once the topic of channels has been read."""

    async def all(self) -> list[Known]:
        """Every channel."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    code: str
    detail: str | None = None
    run: UUID | None = None


class Scheduler:
    """`clock`: the present, aware. `url`: our database, where changes of schedules are heard."""

    def __init__(self, pool: Pool, channels: ChannelsKnown, url: str, clock: Callable[[], datetime] = utc_now) -> None:
        self._pool, self._channels, self._url, self._clock = pool, channels, url, clock
        self._woken = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled. Whatever fails is logged and tried again: one schedule's trouble is not another's."""
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                self._woken.clear()
                pause = RETRY_S
                try:
                    pause = await self.serve_due()
                except (DatabaseError, TimeoutError, *ConnectionLost) as error:
                    log.warning(f"{type(error).__name__}: {error}", action="schedules_unavailable")
                except Exception as error:
                    log.error(f"{type(error).__name__}: {error}", action="schedules_failed", exc_info=True)
                with suppress(TimeoutError):
                    async with asyncio.timeout(max(pause, SHORTEST_S)):
                        await self._woken.wait()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self) -> None:
        async for _ in listen(self._url, "ceebus_schedule"):
            self._woken.set()

    async def serve_due(self) -> float:
        """Serves every schedule that is due; answers the seconds until there may be another one."""
        pause = await self._pause()
        if pause > 0:
            return pause
        if self._channels.kafka_problem() is not None:
            return RETRY_S  # which channels there are is not known yet; what is late by then is up to `missed`
        known = {channel.id: channel for channel in await self._channels.all()}
        while await self._serve_one(known):
            pass
        return max(await self._pause(), RETRY_S / 10)  # what is still due is in another process's hands

    async def _pause(self) -> float:
        first: datetime | None = await self._pool.fetchval(SQL.first)
        return LONGEST_S if first is None else min(max((first - self._clock()).total_seconds(), 0.0), LONGEST_S)

    async def _serve_one(self, known: Mapping[str, Known]) -> bool:
        """Whether there was one."""
        now = self._clock()
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(SQL.due, now)
            if row is None:
                return False
            schedule = read(row)
            try:
                await _serve(connection, schedule, known, now)
            except RecurrenceInvalid as error:  # stored by somebody else, or its time zone is no more
                await _note(connection, schedule, _Outcome("schedule_invalid", str(error)), now, None)
            return True


async def _serve(connection: PooledConnection, schedule: Stored, known: Mapping[str, Known], now: datetime) -> None:
    following = schedule.after(now)
    if _is_on_time(schedule, now):
        outcome = await _asked(connection, schedule, known)
    elif schedule.missed == "skip":
        outcome = _Outcome("missed", f"Nobody was there at {schedule.next_at:%Y-%m-%d %H:%M} UTC.")
    else:
        window = schedule.recurrence.window
        opening = next_opening(window, ZoneInfo(schedule.time_zone), now) if window else now
        if opening > now:
            log.info("a missed run waits for its window", action="schedule_put_off", schedule=schedule.name)
            await connection.execute(SQL.put_off, schedule.name, min(opening, following or opening))
            return
        outcome = await _asked(connection, schedule, known)
    await _note(connection, schedule, outcome, now, following)


def _is_on_time(schedule: Stored, now: datetime) -> bool:
    """Whether one of the moments it was due at is not long gone."""
    assert schedule.next_at is not None
    last_due = next(islice(upcoming(schedule.recurrence, now - GRACE), 1), None)
    return schedule.next_at > now - GRACE or (last_due is not None and last_due <= now)


async def _asked(connection: PooledConnection, schedule: Stored, known: Mapping[str, Known]) -> _Outcome:
    """A refusal is noted and not tried again before the next moment."""
    channel = known.get(schedule.channel)
    if channel is None:
        return _Outcome("channel_unknown", f"There is no channel {schedule.channel}.")
    try:
        async with connection.transaction():  # a savepoint: what the refusal leaves is only its note
            return _Outcome("asked", None, await ask(connection, channel, schedule.asked()))
    except Problem as refused:
        return _Outcome(refused.code, refused.detail)
    except (*RETRYABLE, *ConnectionLost):
        raise
    except DatabaseError as error:
        return _Outcome("run_not_asked", f"{type(error).__name__}: {error}")


async def _note(connection: PooledConnection, schedule: Stored, outcome: _Outcome, now: datetime, following: datetime | None) -> None:
    await connection.execute(SQL.served, schedule.name, following, now, outcome.code, outcome.detail, outcome.run)
    said = {"schedule": schedule.name, "channel": schedule.channel, "outcome": outcome.code}
    if outcome.run is not None:
        log.info("a schedule's run is asked for", action="schedule_served", run_id=str(outcome.run), **said)
    else:
        log.warning(outcome.detail or outcome.code, action="schedule_not_served", **said)
