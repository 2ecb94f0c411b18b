"""/v1/runs: transfers as batch jobs. Asked for, watched, cancelled, resumed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from services.control import cursor as cursors
from services.control.audit import audit
from services.control.cursor import Cursor, Limit
from services.control.models import Filter, Page, Why, problems
from services.control.parts import Parts
from services.control.run_models import AskRun, Direction, RunDetail, RunLine
from services.control.runs import life, views
from services.control.runs.ask import SQL, ask
from services.control.runs.asked import asked_for
from services.control.runs.states import State
from services.kernel.access import Operator
from services.kernel.http import LONGEST, Problem, Seconds, event_stream

States = Annotated[list[State] | None, Query(alias="state", description="only these states")]
_EVENTS = event_stream("run", "Events `run`, each with the whole run")


def routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["runs"])
    _asking(router, parts)

    @router.get("/runs", responses=problems(400, 404, 422))
    async def runs(
        channel: Filter = None, direction: Direction | None = None, state: States = None, cursor: Cursor = None, limit: Limit = 100
    ) -> Page[RunLine]:
        """The newest first."""
        await parts.filters(channel)
        before = cursors.read(cursor, [(1 << 62), ""])
        rows = await parts.pool.fetch(SQL.list, *before, channel, direction, state, limit + 1)
        items, following = cursors.page(rows, limit, lambda row: [row["created_us"], str(row["id"])])
        return Page(items=[views.line(row, bool(row["held"])) for row in items], next=following)

    @router.get("/runs/{run}", responses=problems(404, 422))
    async def one(run: UUID) -> RunDetail:
        """A run, how far each of its kinds is, and its report once it has ended."""
        return await views.detail(parts.pool, parts.cee, run)

    @router.get("/runs/{run}/events", responses=problems(404, 422) | _EVENTS, response_class=StreamingResponse)
    async def events(run: UUID, seconds: Seconds = LONGEST) -> StreamingResponse:
        """Server-sent events: the run as `GET /runs/{run}` shows it, at once and whenever that changes, until it has ended."""
        await views.detail(parts.pool, parts.cee, run)
        return StreamingResponse(parts.progress.events(run, seconds), media_type="text/event-stream", headers={"cache-control": "no-store"})

    return router


def _asking(router: APIRouter, parts: Parts) -> None:
    @router.post("/channels/{channel}/{direction}/runs", status_code=202, responses=problems(400, 404, 409, 422))
    async def start(channel: str, direction: Direction, body: AskRun, actor: Operator, response: Response) -> RunDetail:
        """Asks for a run: it starts when its queue has a slot and no other run of the channel's direction is at work."""
        known = await parts.channels.one(channel)
        async with parts.pool.acquire() as connection, connection.transaction():
            run = await ask(connection, known, await asked_for(connection, (channel, direction), body, actor.id))
            after = body.model_dump(mode="json", exclude_defaults=True) | {"direction": direction}
            await audit(connection, actor, "run.ask", channel=channel, object=str(run), reason=body.reason, after=after)
        response.headers["location"] = f"/v1/runs/{run}"
        return await views.detail(parts.pool, parts.cee, run)

    @router.post("/runs/{run}/cancel", status_code=202, responses=problems(400, 404, 409, 422))
    async def cancel(run: UUID, actor: Operator, body: Why | None = None) -> RunDetail:
        """Ends it at the next batch border; what was delivered stays delivered."""
        return await _change(run, actor, "cancel", body)

    @router.post("/runs/{run}/resume", status_code=202, responses=problems(400, 404, 409, 422))
    async def resume(run: UUID, actor: Operator, body: Why | None = None) -> RunDetail:
        """A run that failed or was cancelled goes on where it was."""
        return await _change(run, actor, "resume", body)

    async def _change(run: UUID, actor: Operator, what: str, body: Why | None) -> RunDetail:
        reason = body.reason if body else None
        async with parts.pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(SQL.lock, run)
            if row is None:
                raise Problem(404, "run_unknown", f"There is no run {run}. `ceebus runs list` shows those there are.")
            await life.change(connection, row, what, reason)
            about = {"channel": row["channel"], "object": str(run), "reason": reason}
            await audit(connection, actor, f"run.{what}", **about, before={"state": row["state"]})
        return await views.detail(parts.pool, parts.cee, run)
