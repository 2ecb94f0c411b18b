"""Enrolment codes for devices: made here, shown once, used up at the gateway (services/gateway/access.py)."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from services.control.audit import audit
from services.control.cee import SQL as CEE_SQL
from services.control.cee import Cee, CeeAway
from services.control.models import Enrol, Enrolled
from services.kernel import tokens
from services.kernel.access import Actor
from services.kernel.http import Problem
from services.kernel.postgres import Pool, Queries

SQL = Queries(Path(__file__).with_name("devices.sql"))


async def enrol(pool: Pool, body: Enrol, actor: Actor) -> Enrolled:
    """A new device, or another code for the one named. Raises Problem 409 `device_of_another_rep`."""
    device = body.id or uuid4().hex
    code = tokens.new_code()
    hashed, seconds = tokens.code_hash(code), body.valid_minutes * 60
    async with pool.acquire() as connection, connection.transaction():
        before = None
        expires = await connection.fetchval(SQL.add, device, body.channel, body.rep, body.name, hashed, seconds)
        if expires is None:
            row = await connection.fetchrow(SQL.state, device)
            assert row is not None
            if (row["channel"], row["rep"]) != (body.channel, body.rep):
                # its database holds another rep's data
                text = f"Device {device} belongs to rep {row['rep']} of channel {row['channel']}. Choose another id."
                raise Problem(409, "device_of_another_rep", text)
            before = {"state": row["state"], "name": row["name"]}
            expires = await connection.fetchval(SQL.renew, device, hashed, seconds, body.name)
        after = {"state": "enrolled", "name": body.name or (before and before["name"]), "rep": body.rep, "code_until": expires}
        about = {"channel": body.channel, "object": device, "reason": body.reason}
        await audit(connection, actor, "device.enrol", **about, before=before, after=after)
    return Enrolled(id=device, channel=body.channel, rep=body.rep, code=code, expires_at=expires)


async def revoke(pool: Pool, device: str, actor: Actor, reason: str | None) -> None:
    """Locks it out; nothing where there is no such device."""
    async with pool.acquire() as connection, connection.transaction():
        row = await connection.fetchrow(SQL.state, device)
        if row is not None:
            await connection.execute(SQL.revoke, device)
            states = {"before": {"state": row["state"]}, "after": {"state": "revoked"}}
            await audit(connection, actor, "device.revoke", channel=row["channel"], object=device, reason=reason, **states)


async def require_rep(pool: Pool, cee: Cee, channel: str, rep: str) -> None:
    """Raises Problem 404 `rep_unknown` for a rep who is neither in the feed nor in CEE: his device would stay empty."""
    if await pool.fetchval(SQL.rep, channel, rep) == "upsert":
        return
    try:
        known = any(row["member"] for row in await cee.fetch(CEE_SQL.sales_rep, channel, rep, limit_s=10))
    except CeeAway:
        known = False
    if not known:
        raise Problem(404, "rep_unknown", f"Channel {channel} has no sales rep {rep}.")
