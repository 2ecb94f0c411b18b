"""/v1/due: records that could not be delivered as they came, why, and what an operator does about them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from schemas.export.results import KIND as RESULTS
from schemas.topics import KINDS
from services.control import cursor as cursors
from services.control import due as records
from services.control import imports
from services.control.audit import audit
from services.control.cursor import Cursor, Limit
from services.control.models import Chosen, Discard, Done, DueDetail, DueLine, Filter, Language, Page, problems
from services.control.parts import DUE_KINDS, Parts, known_kind
from services.kernel.access import Actor, Operator
from services.kernel.http import Problem
from services.kernel.postgres import PooledConnection

AUDITED_KEYS = 100  # a row of the audit is read by people
_PLACE = ("channel", "kind", "key", "objectversion", "place")

Key = Annotated[str, Query(max_length=2000, pattern=r"^[^\x00]*$")]


class _Filters:
    """A filter that is left out does not filter."""

    def __init__(
        self, channel: Filter = None, kind: Filter = None, code: Filter = None, outcome: Filter = None, exhausted: bool | None = None
    ) -> None:
        self.values = (channel, kind, code, outcome, exhausted)


def routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["due"])
    _looking(router, parts)
    _steering(router, parts)
    return router


def _looking(router: APIRouter, parts: Parts) -> None:

    @router.get("/due", responses=problems(400, 404, 422))
    async def due(
        filters: Annotated[_Filters, Depends()], lang: Language = "en", cursor: Cursor = None, limit: Limit = 100
    ) -> Page[DueLine]:
        """Due records by channel, kind and key: those on their way out, and uploads (kind `import/...`) without a final answer."""
        await parts.filters(filters.values[0], filters.values[1], DUE_KINDS)
        after = cursors.read(cursor, ["", "", "", 0, ""])
        rows = await parts.pool.fetch(records.SQL.list, *after, *filters.values, limit + 1)
        items, following = cursors.page(rows, limit, lambda row: [row[name] for name in _PLACE])
        return Page(items=[records.line(row, lang) for row in items], next=following)

    @router.get("/channels/{channel}/due/{kind}/record", responses=problems(404, 422))
    async def one(channel: str, kind: str, key: Key, lang: Language = "en") -> DueDetail:
        """One due record with its original bytes."""
        known_kind(kind, (*KINDS, RESULTS))
        await parts.channels.one(channel)
        row = await parts.pool.fetchrow(records.SQL.one, channel, kind, key)
        if row is None:
            raise Problem(404, "due_unknown", f"Nothing is due for {kind} {key!r} in channel {channel}.")
        return records.detail(row, lang)


def _steering(router: APIRouter, parts: Parts) -> None:
    @router.post("/channels/{channel}/due/retry", status_code=202, responses=problems(400, 404, 409, 422))
    async def retry(channel: str, body: Chosen, actor: Operator) -> Done:
        """The source publishes the objects again as CEE has them now, the writer judges uploads again; they begin to count anew."""
        await _checked(parts, channel, body)
        if body.kind == RESULTS:
            raise Problem(409, "answer_final", "An answer can't be published again; discard it. Its upload is not touched by that.")
        async with parts.pool.acquire() as connection, connection.transaction():
            done = await records.retry(connection, channel, body)
            done = added(done, await imports.ask(connection, channel, body, "retry", body.reason or "operator's retry"))
            await _audited(connection, actor, ("due.retry", channel), body, done)
        return done

    @router.post("/channels/{channel}/due/confirm", status_code=202, responses=problems(400, 404, 422))
    async def confirm(channel: str, body: Chosen, actor: Operator) -> Done:
        """The writer imports uploads that only wait for somebody to have read their warnings."""
        await _checked(parts, channel, body)
        async with parts.pool.acquire() as connection, connection.transaction():
            done = await imports.confirm(connection, channel, body)
            await _audited(connection, actor, ("due.confirm", channel), body, done)
        return done

    @router.post("/channels/{channel}/due/discard", responses=problems(400, 404, 422))
    async def discard(channel: str, body: Discard, actor: Operator) -> Done:
        """The records are given up; a newer version of an object is judged as ever. Uploads: the writer refuses them to their senders."""
        await _checked(parts, channel, body)
        async with parts.pool.acquire() as connection, connection.transaction():
            done = await records.discard(connection, channel, body)
            done = added(done, await imports.ask(connection, channel, body, "discard", body.reason))
            await _audited(connection, actor, ("due.discard", channel), body, done)
        return done


def added(one: Done, other: Done) -> Done:
    return Done(chosen=one.chosen + other.chosen, done=one.done + other.done)


async def _audited(connection: PooledConnection, actor: Actor, what: tuple[str, str], body: Chosen, done: Done) -> None:
    """`what`: action and channel. Before: which records were meant; after: how many there were, and what became of them."""
    keys = body.keys or []
    meant = {"kind": body.kind, "code": body.code, "keys": keys[:AUDITED_KEYS] or None, "keys_count": len(keys) or None}
    before = {name: value for name, value in meant.items() if value is not None}
    about = {"channel": what[1], "object": body.kind or body.code, "reason": body.reason}
    await audit(connection, actor, what[0], **about, before=before, after=done.model_dump())


async def _checked(parts: Parts, channel: str, body: Chosen) -> None:
    await parts.channels.one(channel)
    if body.kind is not None:
        known_kind(body.kind, DUE_KINDS)
    if body.kind is None and (body.keys is not None or body.code is None):
        raise Problem(422, "choice_missing", "Say which records: a kind, a code, or a kind and its keys.")
