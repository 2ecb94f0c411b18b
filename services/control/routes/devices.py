"""/v1/devices: who may pull, and how far each one is."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query

from services.control import cursor as cursors
from services.control import enrolment
from services.control.cursor import Cursor, Limit
from services.control.enrolment import SQL
from services.control.models import Device, Enrol, Enrolled, Filter, Page, Why, problems
from services.control.parts import Parts
from services.kernel.access import Operator
from services.kernel.http import Problem

State = Annotated[str | None, Query(pattern="^(enrolled|active|revoked)$")]


def routes(parts: Parts) -> APIRouter:
    router = APIRouter(prefix="/devices", tags=["devices"])

    @router.get("", responses=problems(400, 404, 422))
    async def devices(
        channel: Filter = None, rep: Filter = None, state: State = None, cursor: Cursor = None, limit: Limit = 100
    ) -> Page[Device]:
        """Devices by id."""
        await parts.filters(channel)
        after = cursors.read(cursor, [""])[0]
        rows = await parts.pool.fetch(SQL.list, after, channel, rep, state, limit + 1)
        items, following = cursors.page(rows, limit, lambda row: [row["id"]])
        return Page(items=await _devices(parts, items), next=following)

    @router.post("", status_code=201, responses=problems(400, 404, 409, 422))
    async def enrol(body: Enrol, actor: Operator) -> Enrolled:
        """A code for a device of this rep. It is good once, and shown in this answer only."""
        await parts.channels.one(body.channel)
        await enrolment.require_rep(parts.pool, parts.cee, body.channel, body.rep)
        return await enrolment.enrol(parts.pool, body, actor)

    @router.get("/{device}", responses=problems(404, 422))
    async def device(device: str) -> Device:
        """One device."""
        return await _one(parts, device)

    @router.post("/{device}/revoke", responses=problems(400, 404, 422))
    async def revoke(device: str, actor: Operator, body: Why | None = None) -> Device:
        """Out at once. Another enrolment with its id lets it in again."""
        if "\x00" not in device:
            await enrolment.revoke(parts.pool, device, actor, body.reason if body else None)
        return await _one(parts, device)

    return router


async def _one(parts: Parts, device: str) -> Device:
    row = await parts.pool.fetchrow(SQL.one, device) if "\x00" not in device else None
    if row is None:
        raise Problem(404, "device_unknown", f"There is no device {device!r}.")
    return (await _devices(parts, [row]))[0]


async def _devices(parts: Parts, rows: Sequence[Any]) -> list[Device]:
    """An acknowledgement from another life of the feed says nothing about this one."""
    late = {row["id"]: max(row["behind_s"], 0.0) for row in await parts.pool.fetch(SQL.behind, [row["id"] for row in rows])}
    found = []
    for row in rows:
        fields = dict(row)
        if not fields.pop("valid"):
            fields |= {"data_position": None, "attachments_position": None}
        found.append(Device(**fields, behind_s=late.get(row["id"], 0.0) if row["state"] == "active" else None))
    return found
