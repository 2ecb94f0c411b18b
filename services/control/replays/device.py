"""A replay to one device: a row that the gateway applies to the device's own cursor (services/gateway/replay.py)."""

from __future__ import annotations

from pathlib import Path

from services.control.audit import audit
from services.control.enrolment import SQL as DEVICES
from services.control.replays.models import AskDeviceReplay, DeviceReplay
from services.kernel.access import Actor
from services.kernel.http import Problem
from services.kernel.postgres import Pool, Queries

SQL = Queries(Path(__file__).with_name("device.sql"))


async def ask(pool: Pool, device: str, asked: AskDeviceReplay, actor: Actor) -> DeviceReplay:
    """Raises Problem 404 `device_unknown`, 409 `device_revoked`."""
    async with pool.acquire() as connection, connection.transaction():
        found = await connection.fetchrow(DEVICES.one, device) if "\x00" not in device else None
        if found is None:
            raise Problem(404, "device_unknown", f"There is no device {device!r}.")
        if found["state"] == "revoked":
            raise Problem(409, "device_revoked", f"Device {device} is revoked and gets nothing. Enrol it again first.")
        place = None if asked.all else await connection.fetchrow(SQL.start, found["channel"], asked.since)
        positions = (place["data"], place["attachments"]) if place else (0, 0)
        await connection.execute(SQL.ask, device, asked.since, *positions, asked.all, asked.reason, actor.id)
        row = await connection.fetchrow(SQL.newest, device)
        assert row is not None
        after = {"since": asked.since, "whole": row["whole"], "positions": positions}
        await audit(connection, actor, "replay.device", channel=found["channel"], object=device, reason=asked.reason, after=after)
    return DeviceReplay(**dict(row))


async def newest(pool: Pool, device: str) -> DeviceReplay:
    """Raises Problem 404 `replay_unknown`."""
    row = await pool.fetchrow(SQL.newest, device) if "\x00" not in device else None
    if row is None:
        raise Problem(404, "replay_unknown", f"Nothing was replayed to a device {device!r}.")
    return DeviceReplay(**dict(row))
