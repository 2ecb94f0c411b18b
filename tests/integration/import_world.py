"""Uploads and answers as feed and writer leave them behind, for the tests of control and its commands."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import orjson

from tests.integration.control_world import World

UPLOAD = """
insert into ceebus.upload(channel, kind, source_id, revision, sender, upload_id, attempt, final, outcome, code, params, warnings, number,
    received_at, answered_at, final_at)
values($1, $2, $3, $4, $5, $6, 1, $7, $8, $9, $10, $11, $12, now() - $13::int * interval '1 minute', now() - $13::int * interval '1 minute',
    case when $7 then now() end)"""
WAITING = """
insert into ceebus.waiting(channel, kind, rank, source_id, revision, upload_id, sender, hash, value, headers, outcome, code)
values($1, $2, 0, $3, 1, $4, 'device/D1', '', $5, '[["ce_id", "x"]]', 'waiting', $6)"""


async def upload(here: World, kind: str = "partners", outcome: str = "imported", code: str | None = None, **fields: Any) -> UUID:
    """One upload's last answer; `age` is in minutes."""
    source, identity = fields.pop("source", None) or uuid4(), fields.pop("identity", None) or uuid4()
    final = outcome not in ("waiting", "quarantined")
    revision, sender, number, age = (fields.pop(name, other) for name, other in _USUAL.items())
    warnings = [{"code": name, "params": {"field": "status"}} for name in fields.pop("warned", ())]
    values = (revision, sender, identity, final, outcome, code, fields, warnings, number, age)
    await here.ours.execute(UPLOAD, here.channel, kind, source, *values)
    return UUID(str(source))


async def kept(here: World, kind: str, source: UUID, identity: UUID, code: str, body: dict[str, Any] | bytes) -> None:
    """The upload as the writer keeps it in CEE's database."""
    value = body if isinstance(body, bytes) else orjson.dumps(body)
    await here.cee.execute(WAITING, here.channel, kind, source, identity, value, code)


_USUAL = {"revision": 1, "sender": "device/D1", "number": None, "age": 0}
