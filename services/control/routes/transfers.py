"""/v1/transfers and the markers: mode, queue and hold of each channel's direction, and where its "last transfer" stands."""

from typing import Any

from fastapi import APIRouter

from services.control import cursor as cursors
from services.control import markers, steer
from services.control.cursor import Cursor, Limit
from services.control.models import Filter, Page, Why, problems
from services.control.parts import Parts
from services.control.run_models import Direction, Hold, Marker, MarkerDiff, MarkerMove, MarkerTarget, SetMode, Steered
from services.kernel.access import Admin, Operator
from services.kernel.http import problem
from services.kernel.kafka import Unreachable

_NEWEST = (1 << 63) - 1


def routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["transfers"])
    _steering(router, parts)
    _markers(router, parts)
    return router


def _steering(router: APIRouter, parts: Parts) -> None:
    place = "/channels/{channel}/{direction}"

    @router.get("/transfers", responses=problems(404, 422))
    async def transfers(channel: Filter = None) -> list[Steered]:
        """Directions that are not simply live, and those somebody has changed before."""
        await parts.filters(channel)
        return [Steered(**dict(row)) for row in await parts.pool.fetch(steer.SQL.list, channel)]

    @router.get(f"{place}/transfer", responses=problems(404, 422))
    async def one(channel: str, direction: Direction) -> Steered:
        """What is wanted of one direction."""
        await parts.channels.one(channel)
        rows = await parts.pool.fetch(steer.SQL.list, channel)
        return steer.steered((channel, direction), next((row for row in rows if row["direction"] == direction), None))

    @router.put(f"{place}/mode", responses=problems(400, 404, 422))
    async def set_mode(channel: str, direction: Direction, body: SetMode, actor: Admin) -> Steered:
        """Live, scheduled or on demand; queue and weight. It survives restarts."""
        await parts.channels.one(channel)
        return await steer.set_mode(parts.pool, (channel, direction), body, actor)

    @router.post(f"{place}/hold", responses=problems(400, 404, 422))
    async def hold(channel: str, direction: Direction, body: Hold, actor: Operator) -> Steered:
        """Nothing flows from the next batch border on; changes and uploads are still taken in."""
        await parts.channels.one(channel)
        return await steer.hold(parts.pool, (channel, direction), body, actor)

    @router.post(f"{place}/release", responses=problems(400, 404, 409, 422))
    async def release(channel: str, direction: Direction, actor: Operator, body: Why | None = None) -> Steered:
        """It flows again as its mode says."""
        await parts.channels.one(channel)
        return await steer.release(parts.pool, (channel, direction), body.reason if body else None, actor)


def _markers(router: APIRouter, parts: Parts) -> None:
    place = "/channels/{channel}/{direction}/markers"

    @router.get(place, responses=problems(404, 422))
    async def shown(channel: str, direction: Direction) -> list[Marker]:
        """The "last transfer" of each partition."""
        await parts.channels.one(channel)
        return await markers.shown(parts.pool, parts.logs, (channel, direction))

    @router.get(f"{place}/history", responses=problems(400, 404, 422))
    async def history(
        channel: str, direction: Direction, topic: Filter = None, cursor: Cursor = None, limit: Limit = 100
    ) -> Page[MarkerMove]:
        """Where markers were, the newest first: each minute of the plain course, and whatever else moved them."""
        await parts.channels.one(channel)
        before = cursors.read(cursor, [_NEWEST])[0]
        rows = await parts.pool.fetch(steer.SQL.history, markers.lane_of((channel, direction)), before, topic, limit + 1)
        items, following = cursors.page(rows, limit, lambda row: [row["id"]])
        return Page(items=[_move(row) for row in items], next=following)

    @router.post(f"{place}/diff", responses=problems(400, 404, 422))
    async def diff(channel: str, direction: Direction, body: MarkerTarget, _: Operator) -> list[MarkerDiff]:
        """What a restore would do: how many objects it would send again, or leave out. Changes nothing."""
        await parts.channels.one(channel)
        then = await markers.target(parts.pool, (channel, direction), body)
        return await markers.diff(parts.pool, parts.logs, (channel, direction), then)

    @router.post(f"{place}/restore", responses=problems(400, 404, 409, 422))
    async def restore(channel: str, direction: Direction, body: MarkerTarget, actor: Operator) -> list[MarkerDiff]:
        """Puts markers where they stood then; a live channel sends again at once, another one with its next run."""
        await parts.channels.one(channel)
        where = (channel, direction)
        then = await markers.target(parts.pool, where, body)
        found = await markers.diff(parts.pool, parts.logs, where, then)
        await markers.move(parts.pool, where, {(one.topic, one.partition): one.then for one in found}, (actor, body.reason))
        return found


def _move(row: Any) -> MarkerMove:
    from_row = {"partition": row["topic_partition"], "offset": row["next_offset"], "before": row["before_offset"]}
    return MarkerMove(**from_row, kind=row["topic"].rpartition(".")[2], **{n: row[n] for n in ("id", "topic", "cause", "run", "at")})


def on_kafka_away(_: Any, error: Exception) -> Any:
    assert isinstance(error, Unreachable)
    return problem(503, "kafka_unavailable", str(error))
