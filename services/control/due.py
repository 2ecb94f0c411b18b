"""Due records as an operator sees them, and what he can do about them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from schemas import codes
from services.control.models import Chosen, Discard, Done, DueDetail, DueLine
from services.kernel.postgres import Connection, PooledConnection, Queries, Row

SQL = Queries(Path(__file__).with_name("due.sql"))
LANGUAGES: tuple[codes.Language, ...] = ("pl", "de", "en")
_LINE = frozenset(DueLine.model_fields) - {"text"}


def line(row: Row, language: codes.Language) -> DueLine:
    """A row of the list."""
    return DueLine(**_fields(row), text=codes.text(row["code"], language, row["params"]))


def detail(row: Row, language: codes.Language) -> DueDetail:
    """A due record with its bytes; a waiting one's are those that wait."""
    raw = row["value"] if row["value"] is not None else row["waiting_body"]
    return DueDetail(
        **_fields(row),
        text=codes.text(row["code"], language, row["params"]),
        texts={name: codes.text(row["code"], name, row["params"]) for name in LANGUAGES},
        missing=row["missing"],
        value=as_text(raw),
        value_base64=base64.b64encode(raw).decode() if raw is not None else None,
        headers=row["headers"],
    )


async def retry(connection: Connection | PooledConnection, channel: str, chosen: Chosen) -> Done:
    """Rows `wanted` for the source; `done` counts those that were not asked for already.

    Inside the caller's transaction, until whose end the channel's feed stands still: it deletes what is due where it found it, and
    would miss what is changed meanwhile.
    """
    await connection.execute(SQL.lock, channel)
    kinds, keys = await _choose(connection, channel, chosen)
    await connection.execute(SQL.unexhaust, channel, kinds, keys)
    answer = await connection.execute(SQL.retry, channel, kinds, keys, chosen.reason or "operator's retry")
    return Done(chosen=len(keys), done=int(answer.rpartition(" ")[2]))


async def discard(connection: Connection | PooledConnection, channel: str, chosen: Discard) -> Done:
    """Takes the records off the list, the reason goes to the ledger; `done` counts the entries that were still there.

    Inside the caller's transaction, until whose end the channel's feed stands still.
    """
    await connection.execute(SQL.lock, channel)
    kinds, keys = await _choose(connection, channel, chosen)
    gone = await connection.fetchval(SQL.discard, channel, kinds, keys, chosen.reason)
    return Done(chosen=len(keys), done=gone)


async def _choose(connection: Connection | PooledConnection, channel: str, chosen: Chosen) -> tuple[list[str], list[str]]:
    rows = await connection.fetch(SQL.chosen, channel, chosen.kind, chosen.code, chosen.keys)
    return [row["kind"] for row in rows], [row["key"] for row in rows]


def as_text(raw: bytes | None) -> str | None:
    """The bytes as text where they are text."""
    try:
        return raw.decode() if raw is not None else None
    except UnicodeDecodeError:
        return None


def _fields(row: Row) -> dict[str, Any]:
    return {name: value for name, value in dict(row).items() if name in _LINE}
