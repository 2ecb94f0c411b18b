"""Replays: POST /v1/devices/{device}/replay to one device, /v1/channels/{channel}/replays to one subscriber."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from services.control import cursor as cursors
from services.control.cursor import Cursor, Limit
from services.control.models import Page, Why, problems
from services.control.parts import Parts
from services.control.replays import device as devices
from services.control.replays import subscriber
from services.control.replays.models import AskDeviceReplay, AskReplay, DeviceReplay, Replay, ReplayDetail
from services.kernel.access import Operator
from services.kernel.http import Problem

_NEWEST = [datetime(9999, 1, 1, tzinfo=UTC).isoformat(), str(UUID(int=(1 << 128) - 1))]
Id = Annotated[UUID, Path(description="of the replay")]


def routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["replays"])
    _devices(router, parts)
    _subscribers(router, parts)
    return router


def _devices(router: APIRouter, parts: Parts) -> None:
    @router.post("/devices/{device}/replay", status_code=202, responses=problems(400, 404, 409, 422))
    async def replay_device(device: str, body: AskDeviceReplay, actor: Operator) -> DeviceReplay:
        """At its next synchronisation the device gets what was written since again; nobody else does, and Kafka has no part in it."""
        return await devices.ask(parts.pool, device, body, actor)

    @router.get("/devices/{device}/replay", responses=problems(404, 422))
    async def device_replay(device: str) -> DeviceReplay:
        """The last replay to a device."""
        return await devices.newest(parts.pool, device)


def _subscribers(router: APIRouter, parts: Parts) -> None:
    @router.post("/channels/{channel}/replays", status_code=202, responses=problems(400, 404, 409, 422))
    async def replay(channel: str, body: AskReplay, actor: Operator) -> Replay:
        """Copies records of the channel's export topics to `replay.<channel>.<name>`, up to where they end now."""
        return await subscriber.ask(parts, (await parts.channels.one(channel)).id, body, actor)

    @router.get("/channels/{channel}/replays", responses=problems(400, 404, 422))
    async def replays(channel: str, cursor: Cursor = None, limit: Limit = 100) -> Page[Replay]:
        """Replays to subscribers of the channel, the newest first."""
        await parts.channels.one(channel)
        rows = await parts.pool.fetch(subscriber.SQL.list, channel, *_place(cursor), limit + 1)
        items, following = cursors.page(rows, limit, lambda row: [row["created_at"].isoformat(), str(row["id"])])
        return Page(items=[subscriber.line(row) for row in items], next=following)

    @router.get("/channels/{channel}/replays/{replay}", responses=problems(404, 422))
    async def one_replay(channel: str, replay: Id) -> ReplayDetail:
        """One replay and how far each partition is."""
        return await subscriber.one(parts, channel, replay)

    @router.post("/channels/{channel}/replays/{replay}/cancel", responses=problems(400, 404, 409, 422))
    async def cancel(channel: str, replay: Id, actor: Operator, body: Why | None = None) -> ReplayDetail:
        """Ends it after the batch at work; what was copied stays."""
        return await subscriber.cancel(parts, (channel, replay), actor, body.reason if body else None)


def _place(cursor: str | None) -> tuple[datetime, UUID]:
    at, replay = cursors.read(cursor, _NEWEST)
    try:
        return datetime.fromisoformat(at), UUID(replay)
    except ValueError:
        raise Problem(400, "cursor_invalid", "This cursor was not made by this list. Begin without one.") from None
