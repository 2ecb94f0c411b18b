"""/v1/clients: the back-office app's access to a channel; managers plan visits and enter prospects there."""

from pathlib import Path
from typing import Any
from uuid import uuid4

from fastapi import APIRouter

from services.control import cursor as cursors
from services.control.audit import audit
from services.control.client_models import AddClient, AddedClient, Client
from services.control.cursor import Cursor, Limit
from services.control.models import Filter, Page, Why, problems
from services.control.parts import Parts
from services.kernel import tokens
from services.kernel.access import Actor, Operator
from services.kernel.http import Problem
from services.kernel.postgres import Queries

SQL = Queries(Path(__file__).parents[1] / "clients.sql")


def routes(parts: Parts) -> APIRouter:
    router = APIRouter(prefix="/clients", tags=["devices"])

    @router.get("", responses=problems(400, 404, 422))
    async def clients(channel: Filter = None, cursor: Cursor = None, limit: Limit = 100) -> Page[Client]:
        """Clients by id, revoked ones too."""
        await parts.filters(channel)
        after = cursors.read(cursor, [""])[0]
        rows = await parts.pool.fetch(SQL.list, after, channel, limit + 1)
        items, following = cursors.page(rows, limit, lambda row: [row["id"]])
        return Page(items=[_client(row) for row in items], next=following)

    @router.post("", status_code=201, responses=problems(400, 404, 422))
    async def add(body: AddClient, actor: Operator) -> AddedClient:
        """A token for a back-office app. It is shown in this answer only."""
        await parts.channels.one(body.channel)
        made, token = uuid4().hex, tokens.new_token(tokens.CLIENT)
        about: dict[str, Any] = {"channel": body.channel, "object": made, "reason": body.reason}
        async with parts.pool.acquire() as connection, connection.transaction():
            await connection.execute(SQL.add, made, body.channel, body.name, tokens.token_hash(token))
            await audit(connection, actor, "client.add", **about, after={"name": body.name})
        return AddedClient(id=made, channel=body.channel, name=body.name, token=token)

    @router.post("/{client}/revoke", responses=problems(400, 404, 422))
    async def revoke(client: str, actor: Operator, body: Why | None = None) -> Client:
        """Out at once, for good; another one gets another token. What it uploaded goes on."""
        return await _revoked(parts, client, actor, body.reason if body else None)

    return router


async def _revoked(parts: Parts, client: str, actor: Actor, reason: str | None) -> Client:
    async with parts.pool.acquire() as connection, connection.transaction():
        before = await connection.fetchrow(SQL.one, client) if "\x00" not in client else None
        if before is None:
            raise Problem(404, "client_unknown", f"There is no client {client!r}.")
        row = await connection.fetchrow(SQL.revoke, client)
        about: dict[str, Any] = {"channel": before["channel"], "object": client, "reason": reason}
        await audit(
            connection, actor, "client.revoke", **about, before={"revoked": before["revoked_at"] is not None}, after={"revoked": True}
        )
    return _client(row)


def _client(row: Any) -> Client:
    return Client(**dict(row))
