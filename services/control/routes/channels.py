"""/v1/channels: what CEE says of its sales channels, and where their kinds come from."""

from typing import Any

from fastapi import APIRouter

from schemas.topics import KINDS
from services.control import cursor as cursors
from services.control.audit import audit
from services.control.cee import CeeAway
from services.control.channel_models import ChannelDetail, ChannelLine, KindSource, SetSource, SnapshotProgress
from services.control.cursor import Cursor, Limit
from services.control.known import Known
from services.control.models import Page, problems
from services.control.parts import Parts, known_kind
from services.control.positions import SQL
from services.kernel.access import Admin


def routes(parts: Parts) -> APIRouter:
    router = APIRouter(prefix="/channels", tags=["channels"])

    @router.get("", responses=problems(400, 422))
    async def channels(cursor: Cursor = None, limit: Limit = 100) -> Page[ChannelLine]:
        """Every channel of CEE, by id."""
        after = cursors.read(cursor, [""])[0]
        rows = [known for known in await parts.channels.all() if known.id > after]
        items, following = cursors.page(rows, limit, lambda known: [known.id])
        return Page(items=[ChannelLine(**_line(known)) for known in items], next=following)

    @router.get("/{channel}", responses=problems(404, 422))
    async def channel(channel: str) -> ChannelDetail:
        """One channel with its settings, the source of each kind and its newest snapshots."""
        known = await parts.channels.one(channel)
        said = {row["kind"]: row["source"] for row in await parts.pool.fetch(SQL.sources, [channel])}
        snapshots: list[SnapshotProgress] | None
        try:
            snapshots = await parts.status.snapshots(channel)
        except CeeAway:
            snapshots = None
        sources = {kind: said.get(kind, "cee") for kind in KINDS}
        return ChannelDetail(**_line(known), settings=known.settings, sources=sources, snapshots=snapshots)

    @router.put("/{channel}/sources/{kind}", responses=problems(400, 404, 422))
    async def set_source(channel: str, kind: str, body: SetSource, actor: Admin) -> KindSource:
        """Exactly one source for each kind. Back to `cee`: the kind is read from CEE again, from the beginning."""
        known_kind(kind)
        await parts.channels.one(channel)
        async with parts.pool.acquire() as connection, connection.transaction():
            before = await connection.fetchval(SQL.set_source, channel, kind, body.source) or "cee"
            if body.source == "cee" and before != "cee":
                await connection.execute(SQL.want_snapshot, channel, kind, "its source is CEE again")
            states = {"before": {"source": before}, "after": {"source": body.source}}
            await audit(connection, actor, "source.set", channel=channel, object=kind, reason=body.reason, **states)
        return KindSource(kind=kind, source=body.source)

    return router


def _line(known: Known) -> dict[str, Any]:
    said = known.settings
    return {
        "id": known.id,
        "description": said.get("description"),
        "active": known.active,
        "currency": said.get("currency"),
        "time_zone": said.get("time_zone"),
        "in_cee": known.in_cee,
        "on_bus": known.on_bus,
        "invalid": known.invalid,
    }
