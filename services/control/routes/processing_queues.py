"""/v1/queues: named pools of processes with slots, and what is at work or waits in each."""

from typing import Any

from fastapi import APIRouter, Response

from services.control import cursor as cursors
from services.control.audit import audit
from services.control.cursor import Cursor, Limit
from services.control.models import Page, Reasoned, problems
from services.control.parts import Parts
from services.control.queues.look import SQL, filled, locked, require_unused, rows_of, unknown
from services.control.queues.models import ChangeQueue, NewQueue, Queue
from services.kernel.access import Admin
from services.kernel.http import Problem
from services.kernel.postgres import Row


def routes(parts: Parts) -> APIRouter:
    router = APIRouter(prefix="/queues", tags=["queues"])
    _looking(router, parts)
    _steering(router, parts)
    return router


def _looking(router: APIRouter, parts: Parts) -> None:
    @router.get("", responses=problems(400, 422))
    async def queues(cursor: Cursor = None, limit: Limit = 100) -> Page[Queue]:
        """Queues by name, with their channels, and their runs in the order in which they are started."""
        rows = await rows_of(parts.pool, cursors.read(cursor, [""])[0], None, limit + 1)
        items, following = cursors.page(rows, limit, lambda row: [row["name"]])
        return Page(items=await filled(parts.pool, items, await parts.channels.all()), next=following)

    @router.get("/{name}", responses=problems(404, 422))
    async def queue(name: str) -> Queue:
        """One queue."""
        return await _one(parts, name)


def _steering(router: APIRouter, parts: Parts) -> None:
    @router.post("", status_code=201, responses=problems(400, 409, 422))
    async def add(body: NewQueue, actor: Admin) -> Queue:
        """A new queue, empty."""
        async with parts.pool.acquire() as connection, connection.transaction():
            if await connection.fetchval(SQL.add, body.name, body.slots) is None:
                raise Problem(409, "queue_exists", f"There is a queue {body.name} already.")
            await audit(connection, actor, "queue.add", object=body.name, reason=body.reason, after=_said(body.model_dump()))
        return await _one(parts, body.name)

    @router.patch("/{name}", responses=problems(400, 404, 422))
    async def change(name: str, body: ChangeQueue, actor: Admin) -> Queue:
        """Slots and pause. Fewer slots, or a pause, end no run that is at work."""
        async with parts.pool.acquire() as connection, connection.transaction():
            before = await locked(connection, name)
            after = dict(before) | body.model_dump(exclude_none=True, exclude={"reason"})
            await connection.execute(SQL.change, name, after["slots"], after["paused"])
            await connection.execute(SQL.woken)
            await audit(connection, actor, "queue.set", object=name, reason=body.reason, before=_said(before), after=_said(after))
        return await _one(parts, name)

    @router.delete("/{name}", status_code=204, responses=problems(404, 409, 422))
    async def remove(name: str, actor: Admin, reason: Reasoned = None) -> Response:
        """Only while nothing names it: no channel, no schedule, no run."""
        async with parts.pool.acquire() as connection, connection.transaction():
            before = await locked(connection, name)
            await require_unused(connection, name)
            await connection.execute(SQL.remove, name)
            await audit(connection, actor, "queue.remove", object=name, reason=reason, before=_said(before))
        return Response(status_code=204)


async def _one(parts: Parts, name: str) -> Queue:
    rows = await rows_of(parts.pool, "", name, 1) if "\x00" not in name else []
    if not rows:
        raise unknown(name)
    [found] = await filled(parts.pool, rows, await parts.channels.all())
    return found


def _said(queue: Row | dict[str, Any]) -> dict[str, Any]:
    """What the audit keeps of a queue."""
    return {name: queue[name] for name in ("slots", "paused") if name in dict(queue)}
