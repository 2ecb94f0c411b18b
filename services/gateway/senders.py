"""Who uploads: a device with its access token, or a client of the back-office app with a token of its own. Used by the routes of uploads.

A client is looked up at every request, as a device is: a revoked one is out at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.mobile.envelope import device_sender, management_sender
from services.gateway.access import SQL, Access, bearer
from services.kernel import tokens
from services.kernel.http import Problem
from services.kernel.postgres import Pool


@dataclass(frozen=True, slots=True)
class Sender:
    """`name` is who answers go to: `device/<id>` or `management/<id>`. `rep`: the device's; a manager names one in each record."""

    channel: str
    name: str
    device: str | None = None
    client: str | None = None
    rep: str | None = None


async def sender_of(pool: Pool, access: Access, authorization: str | None) -> Sender:
    """Raises Problem 401 (who?), 403 `device_revoked` or `client_revoked`."""
    token = bearer(authorization)
    if not token.startswith(f"{tokens.CLIENT}_"):
        who = await access.identify(authorization)
        return Sender(who.channel, device_sender(who.device), device=who.device, rep=who.rep)
    hashed = tokens.token_hash(token)
    row = await pool.fetchrow(SQL.client, hashed)
    if row is None:
        raise Problem(401, "token_invalid", "This token is not known here. `ceebus client add` makes one.")
    if row["revoked"]:
        raise Problem(403, "client_revoked", "This token was revoked. Whoever looks after ceebus can make another.")
    await pool.execute(SQL.client_seen, hashed)
    return Sender(row["channel"], management_sender(row["id"]), client=row["id"])
