"""Schedules as operators define them: what is stored makes sense and names what is there. Called by the routes, in a transaction."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schemas.channel import Channel
from schemas.topics import IMPORT_KINDS, KINDS
from services.control.known import Known
from services.control.parts import known_kind
from services.control.schedules.models import ChangeSchedule, NewSchedule, columns
from services.control.schedules.recurrence import RecurrenceInvalid, check
from services.control.schedules.stored import SQL, Stored, read, settings_of
from services.kernel.http import Problem
from services.kernel.postgres import PooledConnection

_WHEN = ("cron", "every_min", "once_at", "window_from", "window_to", "time_zone")
_TIMES = ("cron", "every_min", "once_at")


async def add(connection: PooledConnection, known: Known, body: NewSchedule, created_by: str, now: datetime) -> Stored:
    """Stores it. Raises Problem 409 `schedule_exists`, 404 `kind_unknown`, `queue_unknown`, 400 `schedule_invalid`."""
    zone = body.time_zone or str(known.settings.get("time_zone") or Channel.model_fields["time_zone"].default)
    empty: dict[str, Any] = dict.fromkeys(("kinds", "queue", *_TIMES, "window_from", "window_to"))
    plain = {name: getattr(body, name) for name in ("since", "priority", "missed", "enabled")}
    wanted = await _checked(connection, Stored(**empty | plain | columns(body) | {"time_zone": zone}), now)
    wanted = replace(wanted, next_at=wanted.after(now), created_by=created_by)
    if await connection.fetchval(SQL.add, *settings_of(wanted).values(), wanted.next_at, created_by) is None:
        raise Problem(409, "schedule_exists", f"There is a schedule {body.name} already; change it, or take another name.")
    await connection.execute(SQL.woken)
    return await one(connection, body.name)


async def change(connection: PooledConnection, before: Stored, body: ChangeSchedule, now: datetime) -> Stored:
    """Changes what `lock` gave. Its next moment is found anew from now where one of the times was named, or when it is enabled again."""
    said = columns(body)
    if any(name in said for name in _TIMES):
        said = dict.fromkeys(_TIMES) | said
        if said["once_at"] is not None:
            said = {"window_from": None, "window_to": None} | said
    wanted = replace(before, **said)
    anew = any(getattr(wanted, name) != getattr(before, name) for name in _WHEN) or wanted.enabled != before.enabled
    if anew and wanted.enabled:
        wanted = await _checked(connection, wanted, now)
    else:
        wanted = await _named(connection, wanted)
    wanted = replace(wanted, next_at=wanted.after(now) if anew else before.next_at)
    await connection.execute(SQL.change, *settings_of(wanted).values(), wanted.next_at)
    await connection.execute(SQL.woken)
    return await one(connection, before.name)


async def one(connection: PooledConnection, name: str, *, lock: bool = False) -> Stored:
    """Raises Problem 404 `schedule_unknown`."""
    row = await connection.fetchrow(SQL.lock if lock else SQL.one, name) if "\x00" not in name else None
    if row is None:
        raise Problem(404, "schedule_unknown", f"There is no schedule {name!r}.")
    return read(row)


async def _checked(connection: PooledConnection, wanted: Stored, now: datetime) -> Stored:
    """With a moment without offset read by the time zone."""
    wanted = await _named(connection, wanted)
    try:
        zone = ZoneInfo(wanted.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Problem(400, "schedule_invalid", f"There is no time zone {wanted.time_zone!r}; they are named as Europe/Warsaw.") from None
    if wanted.once_at is not None and wanted.once_at.tzinfo is None:
        wanted = replace(wanted, once_at=wanted.once_at.replace(tzinfo=zone))
    try:
        await asyncio.to_thread(check, wanted.recurrence, now)  # looking years ahead takes a moment
    except (RecurrenceInvalid, OverflowError) as error:
        raise Problem(400, "schedule_invalid", str(error)) from None
    if wanted.once_at is not None:
        wanted = replace(wanted, once_at=wanted.once_at.astimezone(UTC))
    return wanted


async def _named(connection: PooledConnection, wanted: Stored) -> Stored:
    """Kinds and queue are there."""
    every = KINDS if wanted.direction == "export" else IMPORT_KINDS
    chosen = {known_kind(kind, every) for kind in wanted.kinds or ()}
    if wanted.queue is not None and await connection.fetchval(SQL.lock_queue, wanted.queue) is None:
        raise Problem(404, "queue_unknown", f"There is no queue {wanted.queue}. `ceebus queue list` shows those there are.")
    return replace(wanted, kinds=[kind for kind in every if kind in chosen] or None)
