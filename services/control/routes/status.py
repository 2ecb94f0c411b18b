"""/v1/status and /v1/channels/{channel}/status: where the objects are."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.control import cursor as cursors
from services.control.channel_models import ChannelLag, ChannelStatus, SnapshotProgress
from services.control.cursor import Cursor, Limit
from services.control.lag import lag_of
from services.control.models import Page, problems
from services.control.parts import Parts

Fresh = Annotated[bool, Query(description="count now; without it a costly count may be some seconds old")]


def routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["status"])

    @router.get("/status", responses=problems(400, 422))
    async def status(fresh: Fresh = False, cursor: Cursor = None, limit: Limit = 20) -> Page[ChannelStatus]:
        """Every channel, kind by kind."""
        after = cursors.read(cursor, [""])[0]
        rows = [known for known in await parts.channels.all() if known.id > after]
        items, following = cursors.page(rows, limit, lambda known: [known.id])
        return Page(items=[await parts.status.of(known, fresh) for known in items], next=following)

    @router.get("/channels/{channel}/status", responses=problems(404, 422))
    async def channel_status(channel: str, fresh: Fresh = False) -> ChannelStatus:
        """One channel, kind by kind."""
        return await parts.status.of(await parts.channels.one(channel), fresh)

    @router.get("/channels/{channel}/lag", responses=problems(404, 422, 503))
    async def channel_lag(channel: str) -> ChannelLag:
        """What of one channel is still on its way, both directions; without counting objects, so it may be asked often."""
        return await lag_of(parts, (await parts.channels.one(channel)).id)

    @router.get("/channels/{channel}/snapshots", responses=problems(404, 422))
    async def snapshots(channel: str) -> list[SnapshotProgress]:
        """How far the newest snapshot of each kind is."""
        await parts.channels.one(channel)
        return await parts.status.snapshots(channel)

    return router
