"""What an operator's request for a run means: offsets by kind and partition, or where another run began, become places in topics."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from uuid import UUID

from schemas import topics
from schemas.topics import IMPORT_KINDS, KINDS
from services.control.run_models import AskRun, Direction
from services.control.runs.ask import SQL, Asked
from services.kernel.http import Problem
from services.kernel.postgres import Connection, PooledConnection

Places = dict[str, dict[str, int]]


async def asked_for(connection: Connection | PooledConnection, where: tuple[str, Direction], body: AskRun, who: str) -> Asked:
    """`where`: channel and direction. Raises Problem 400 `request_invalid`, 404 `run_unknown`."""
    given = {"timestamp": body.since_at, "offset": body.since_offsets, "run": body.since_run}
    for since, value in given.items():
        if (body.since == since) != (value is not None):
            raise Problem(400, "request_invalid", f"`since` {since} and its value go together.")
    places: Places | None = None
    kinds = list(body.kinds)
    if body.since_offsets is not None:
        places = _of_offsets(where, body.since_offsets)
        kinds = kinds or sorted({topics.parse(topic)[2] for topic in places})
    if body.since_run is not None:
        places = await _of_run(connection, where, body.since_run)
        kinds = kinds or sorted({topics.parse(topic)[2] for topic in places})
    at = body.since_at
    return Asked(
        channel=where[0],
        direction=where[1],
        asked_by=who,
        kinds=kinds,
        since="offset" if body.since == "run" else body.since,
        since_at=at if at is None or at.tzinfo else at.replace(tzinfo=UTC),
        since_places=places,
        keys=body.keys,
        force=body.force,
        queue=body.queue,
        priority=body.priority,
        overlap=body.overlap,
        reason=body.reason,
    )


def _topic(where: tuple[str, Direction], kind: str) -> str:
    if kind not in (KINDS if where[1] == "export" else IMPORT_KINDS):
        raise Problem(404, "kind_unknown", f"No kind of the {where[1]}: {kind}.")
    return topics.cee(where[0], kind) if where[1] == "export" else topics.mobile(where[0], kind)


def _of_offsets(where: tuple[str, Direction], offsets: dict[str, Any]) -> Places:
    places: Places = {}
    for name, offset in offsets.items():
        kind, _, number = name.partition("/")
        if not (number.isascii() and number.isdigit()):
            raise Problem(400, "request_invalid", f"{name!r} is no kind/partition such as partners/0.")
        if not isinstance(offset, int) or isinstance(offset, bool) or not 0 <= offset < 1 << 62:
            raise Problem(400, "request_invalid", f"{offset!r} is no offset.")
        places.setdefault(_topic(where, kind), {})[str(int(number))] = offset
    return places


async def _of_run(connection: Connection | PooledConnection, where: tuple[str, Direction], run: UUID) -> Places:
    row = await connection.fetchrow(SQL.one, run)
    if row is None or (row["channel"], row["direction"]) != where:
        raise Problem(404, "run_unknown", f"There is no run {run} of this channel and direction.")
    kinds = await connection.fetch(SQL.kinds, [run])
    return {_topic(where, row["kind"]): row["marker_before"] for row in kinds if row["marker_before"]}
