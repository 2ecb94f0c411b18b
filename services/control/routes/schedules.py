"""/v1/schedules: runs that are asked for by the clock."""

from fastapi import APIRouter, Response

from services.control import cursor as cursors
from services.control.audit import audit
from services.control.cursor import Cursor, Limit
from services.control.models import Filter, Page, Reasoned, problems
from services.control.parts import Parts
from services.control.schedules import define
from services.control.schedules.models import ChangeSchedule, NewSchedule, Schedule, audited, shown
from services.control.schedules.stored import SQL, read, utc_now
from services.kernel.access import Operator


def routes(parts: Parts) -> APIRouter:
    router = APIRouter(prefix="/schedules", tags=["schedules"])
    _looking(router, parts)
    _steering(router, parts)
    return router


def _looking(router: APIRouter, parts: Parts) -> None:
    @router.get("", responses=problems(400, 404, 422))
    async def schedules(channel: Filter = None, cursor: Cursor = None, limit: Limit = 100) -> Page[Schedule]:
        """Schedules by name, each with its next three runs."""
        await parts.filters(channel)
        after, now = cursors.read(cursor, [""])[0], utc_now()
        rows = await parts.pool.fetch(SQL.list, after, channel, limit + 1)
        items, following = cursors.page(rows, limit, lambda row: [row["name"]])
        return Page(items=[shown(read(row), now) for row in items], next=following)

    @router.get("/{name}", responses=problems(404, 422))
    async def schedule(name: str) -> Schedule:
        """One schedule."""
        async with parts.pool.acquire() as connection:
            return shown(await define.one(connection, name), utc_now())


def _steering(router: APIRouter, parts: Parts) -> None:
    @router.post("", status_code=201, responses=problems(400, 404, 409, 422))
    async def add(body: NewSchedule, actor: Operator) -> Schedule:
        """A new schedule. Refused when it would never be due."""
        known, now = await parts.channels.one(body.channel), utc_now()
        async with parts.pool.acquire() as connection, connection.transaction():
            made = await define.add(connection, known, body, actor.id, now)
            about = {"channel": made.channel, "object": made.name, "reason": body.reason}
            await audit(connection, actor, "schedule.add", **about, after=audited(made))
            return shown(made, now)

    @router.patch("/{name}", responses=problems(400, 404, 422))
    async def change(name: str, body: ChangeSchedule, actor: Operator) -> Schedule:
        """Changes what the body names; a run that has been asked for is not touched."""
        now = utc_now()
        async with parts.pool.acquire() as connection, connection.transaction():
            before = await define.one(connection, name, lock=True)
            after = await define.change(connection, before, body, now)
            about = {"channel": before.channel, "object": before.name, "reason": body.reason}
            await audit(connection, actor, "schedule.set", **about, before=audited(before), after=audited(after))
            return shown(after, now)

    @router.delete("/{name}", status_code=204, responses=problems(404, 422))
    async def remove(name: str, actor: Operator, reason: Reasoned = None) -> Response:
        """Asks for no more runs; those it has asked for go on."""
        async with parts.pool.acquire() as connection, connection.transaction():
            before = await define.one(connection, name, lock=True)
            await connection.execute(SQL.remove, before.name)
            about = {"channel": before.channel, "object": before.name, "reason": reason}
            await audit(connection, actor, "schedule.remove", **about, before=audited(before))
            return Response(status_code=204)
