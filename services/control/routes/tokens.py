"""/v1/whoami and /v1/tokens: who may steer, and in which role."""

import secrets
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query

from services.control import cursor as cursors
from services.control.access_models import MadeToken, NewToken, Token, WhoAmI
from services.control.audit import audit
from services.control.cursor import Cursor, Limit
from services.control.models import Page, Why, problems
from services.control.parts import Parts
from services.kernel import tokens
from services.kernel.access import Actor, Admin, Viewer
from services.kernel.http import Problem
from services.kernel.postgres import Queries

SQL = Queries(Path(__file__).parents[1] / "tokens.sql")
PREFIX = "ceebus_op"
Revoked = Annotated[bool, Query(description="the revoked ones, too")]


def routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["access"])

    @router.get("/whoami", responses=problems())
    async def whoami(actor: Viewer) -> WhoAmI:
        """Whom this request's token belongs to, and its role."""
        return WhoAmI(id=actor.id, name=actor.name, role=actor.role)

    @router.get("/tokens", responses=problems(400, 422))
    async def listed(_: Admin, revoked: Revoked = False, cursor: Cursor = None, limit: Limit = 100) -> Page[Token]:
        """Operators' tokens by name. That of the settings is not among them."""
        after = cursors.read(cursor, ["", ""])
        rows = await parts.pool.fetch(SQL.list, *after, revoked, limit + 1)
        items, following = cursors.page(rows, limit, lambda row: [row["name"], row["id"]])
        return Page(items=[Token(**dict(row)) for row in items], next=following)

    @router.post("/tokens", status_code=201, responses=problems(400, 422))
    async def add(body: NewToken, actor: Admin) -> MadeToken:
        """A token of this role. It is shown in this answer only."""
        made = tokens.new_token(PREFIX)
        async with parts.pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(SQL.add, secrets.token_hex(6), body.name, body.role, tokens.token_hash(made), actor.id)
            assert row is not None
            await audit(connection, actor, "token.add", object=row["id"], reason=body.reason, after={"name": body.name, "role": body.role})
        return MadeToken(**dict(row), token=made)

    @router.post("/tokens/{token}/revoke", responses=problems(400, 404, 422))
    async def revoke(token: str, actor: Admin, body: Why | None = None) -> Token:
        """Out at once, and for good."""
        return await _revoked(parts, token, actor, body.reason if body else None)

    return router


async def _revoked(parts: Parts, token: str, actor: Actor, reason: str | None) -> Token:
    async with parts.pool.acquire() as connection, connection.transaction():
        before = await connection.fetchrow(SQL.one, token) if "\x00" not in token else None
        if before is None:
            raise Problem(404, "token_unknown", f"There is no token {token!r}.")
        row = await connection.fetchrow(SQL.revoke, token)
        assert row is not None
        revoked_at = [{"revoked_at": one["revoked_at"]} for one in (before, row)]
        await audit(connection, actor, "token.revoke", object=token, reason=reason, before=revoked_at[0], after=revoked_at[1])
    return Token(**dict(row))
