"""Uploads as an operator sees them, and what he asks of the writer about those that have no final answer."""

from __future__ import annotations

import base64
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from schemas import codes
from schemas.topics import IMPORT_KINDS
from services.control.cee import SQL as CEE_SQL
from services.control.cee import Cee, CeeAway
from services.control.due import LANGUAGES, as_text
from services.control.import_models import ImportKind, ImportStatus, OpenUpload, OpenUploads, Result, Warned
from services.control.known import Known
from services.control.models import Chosen, Done
from services.control.positions import ImportPositions, read_import_positions
from services.kernel.kafka import Unreachable
from services.kernel.postgres import Connection, Pool, PooledConnection, Queries, Row
from services.kernel.settings import Kafka

SQL = Queries(Path(__file__).with_name("imports.sql"))
OUTCOMES = ("imported", "unchanged", "waiting", "rejected", "conflict", "quarantined")
TO_CONFIRM = "warning_not_confirmed"


async def ask(connection: Connection | PooledConnection, channel: str, chosen: Chosen, action: str, reason: str) -> Done:
    """Rows `wanted` for the writer; `done` counts those that were not asked for already. Inside the caller's transaction."""
    keys = None if chosen.keys is None else [key.lower() for key in chosen.keys]
    rows = await connection.fetch(SQL.chosen, channel, chosen.kind, chosen.code, keys)
    kinds, found = [row["kind"] for row in rows], [row["key"] for row in rows]
    answer = await connection.execute(SQL.ask, channel, kinds, found, action, reason)
    return Done(chosen=len(rows), done=int(answer.rpartition(" ")[2]))


async def confirm(connection: Connection | PooledConnection, channel: str, chosen: Chosen) -> Done:
    """Only what waits for it: nobody confirms warnings he has not been shown."""
    if chosen.code not in (None, TO_CONFIRM):
        return Done(chosen=0, done=0)
    only = chosen.model_copy(update={"code": TO_CONFIRM})
    return await ask(connection, channel, only, "confirm", chosen.reason or "confirmed by an operator")


def result(row: Row | Mapping[str, Any], language: codes.Language) -> Result:
    """A line of the list."""
    fields = {name: row[name] for name in Result.model_fields if name not in ("text", "warnings")}
    return Result(**fields, text=_text(row, language), warnings=_warnings(row, language))


async def open_uploads(pool: Pool, cee: Cee, place: tuple[str, str, UUID], language: codes.Language) -> OpenUploads:
    """Of one object (channel, kind, source_id); their bytes stand in CEE's database beside what they wait for."""
    rows = await pool.fetch(SQL.open, *place)
    kept: dict[tuple[UUID, str], Row] = {}
    away = []
    try:
        if rows:
            kept = {(row["upload_id"], row["sender"]): row for row in await cee.fetch(CEE_SQL.waiting_uploads, *place, limit_s=10)}
    except CeeAway as error:
        away.append(str(error))
    items = [_open(row, kept.get((row["upload_id"], row["sender"])), language) for row in rows]
    return OpenUploads(channel=place[0], kind=place[1], key=str(place[2]), items=items, away=away)


async def status(kafka: Kafka, pool: Pool, known: Known) -> ImportStatus:
    """Where the uploads of a channel are."""
    away: list[str] = []
    positions: ImportPositions | None = None
    try:
        positions = await read_import_positions(kafka, known.id)
    except Unreachable as error:
        away.append(str(error))
    by_kind: dict[str, list[Row]] = defaultdict(list)
    for row in await pool.fetch(SQL.status, known.id):
        by_kind[row["kind"]].append(row)
    kinds = [_kind(kind, by_kind[kind], positions) for kind in IMPORT_KINDS]
    lag = positions.results.lag if positions else None
    return ImportStatus(channel=known.id, active=known.active, kinds=kinds, results_lag=lag, away=away)


def _kind(kind: str, rows: list[Row], positions: ImportPositions | None) -> ImportKind:
    outcomes, found = Counter[str](), Counter[str]()
    for row in rows:
        outcomes[row["outcome"]] += row["count"]
        if row["code"]:
            found[row["code"]] += row["count"]
    return ImportKind(
        kind=kind,
        uploaded=outcomes.total(),
        **{name: outcomes[name] for name in OUTCOMES},
        warned=sum(row["warned"] for row in rows),
        codes=dict(found),
        waiting_age_s=max((row["waiting_age_s"] for row in rows if row["waiting_age_s"] is not None), default=None),
        importer_lag=positions.importer[kind].lag if positions else None,
        writer_lag=positions.writer[kind].lag if positions else None,
    )


def _open(row: Row, kept: Row | None, language: codes.Language) -> OpenUpload:
    fields = dict(row) | {"source_id": str(row["source_id"]), "upload_id": str(row["upload_id"])}
    raw = kept["value"] if kept else None
    return OpenUpload(
        **dict(result(fields, language)),
        texts={name: _text(row, name) or "" for name in LANGUAGES},
        value=as_text(raw),
        value_base64=base64.b64encode(raw).decode() if raw is not None else None,
        headers=kept["headers"] if kept else None,
        confirmed=kept["confirmed"] if kept else None,
    )


def _text(row: Row | Mapping[str, Any], language: codes.Language) -> str | None:
    return codes.text(row["code"], language, row["params"]) if row["code"] else None


def _warnings(row: Row | Mapping[str, Any], language: codes.Language) -> list[Warned]:
    said = [(warning["code"], warning.get("params") or {}) for warning in row["warnings"]]
    return [Warned(code=code, params=params, text=codes.text(code, language, params)) for code, params in said]
