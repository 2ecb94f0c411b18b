"""Imports visits into the reference CEE: reads what the batch names, lets the rules decide, writes what they let through.

Called by target/reference.py inside the writer's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from schemas.channel import Channel
from services.kernel.postgres import Connection, Queries
from services.writer.model import Answer, Upload
from services.writer.rules.visits import Planned, Situation, decide

QUERIES = Queries(Path(__file__).with_name("visits.sql"))
_TAKEN = (
    "number",
    "name",
    "visit_type",
    "address",
    "planned_start",
    "planned_end",
    "all_day",
    "actual_start",
    "priority",
    "description",
    "status",
)


async def write(connection: Connection, channel: Channel, uploads: Sequence[Upload], now: datetime) -> list[Answer]:
    """One answer per upload, in order; what is imported is written when it returns."""
    situation = await read(connection, channel, uploads, now)
    decided = [decide(situation, upload) for upload in uploads]
    rows = [_row(planned) for planned in decided if isinstance(planned, Planned)]
    versions: dict[str, int] = {}
    if rows:
        versions = {row["source_id"]: row["version"] for row in await connection.fetch(QUERIES.put, channel.id, rows)}
    return [_imported(one.upload, versions) if isinstance(one, Planned) else one for one in decided]


async def read(connection: Connection, channel: Channel, uploads: Sequence[Upload], now: datetime) -> Situation:
    """What CEE has of everything the batch names, each kind of thing by one query."""
    numbers = list({upload.body.partner for upload in uploads if upload.body.partner})
    births = list({upload.body.partner_source_id for upload in uploads if upload.body.partner_source_id})
    partners = await connection.fetch(QUERIES.partners, channel.id, numbers, births)
    reps = await connection.fetch(QUERIES.reps, channel.id, list({upload.rep for upload in uploads}))
    elsewhere = await connection.fetch(QUERIES.elsewhere, channel.id, [upload.source_id for upload in uploads])
    return Situation(
        await connection.fetchval(QUERIES.moment, now),
        {row["called"]: row["number"] for row in partners},
        {row["number"]: row["is_user"] for row in reps},
        frozenset(row["source_id"] for row in elsewhere),
    )


def _row(planned: Planned) -> dict[str, Any]:
    upload, body = planned.upload, planned.upload.body
    fields = {name: getattr(body, name) for name in _TAKEN}
    return fields | {"source_id": upload.source_id, "partner": planned.partner, "rep": upload.rep, "revision": upload.revision}


def _imported(upload: Upload, versions: dict[str, int]) -> Answer:
    status, version = upload.body.status, versions[upload.source_id]
    return Answer(upload, "imported", number=upload.body.number, status=status, version=version, key=upload.source_id)
