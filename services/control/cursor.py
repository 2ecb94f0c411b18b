"""Cursor pages: a page ends with the place where the next one begins, as opaque text."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import orjson
from fastapi import Query

from services.kernel.http import Problem

Cursor = Annotated[str | None, Query(max_length=2000, description="`next` of the page before; none = the first page")]
Limit = Annotated[int, Query(ge=1, le=1000, description="rows of a page")]


def read(cursor: str | None, start: Sequence[str | int]) -> list[Any]:
    """The place a cursor names, `start` without one. Raises Problem 400 `cursor_invalid` for a text of another shape."""
    if cursor is None:
        return list(start)
    try:
        place = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        place = None
    if not isinstance(place, list) or [type(part) for part in place] != [type(part) for part in start] or not _storable(place):
        raise Problem(400, "cursor_invalid", "This cursor was not made by this list. Begin without one.")
    return place


def page(rows: Sequence[Any], limit: int, place: Callable[[Any], list[Any]]) -> tuple[Sequence[Any], str | None]:
    """At most `limit` of `limit + 1` fetched rows, and the cursor behind them if there are more."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], base64.urlsafe_b64encode(orjson.dumps(place(rows[limit - 1]))).rstrip(b"=").decode()


def _storable(place: list[Any]) -> bool:
    """PostgreSQL takes no NUL in a text and no number above 64 bits."""
    return all("\x00" not in part if isinstance(part, str) else abs(part) < 1 << 63 for part in place)
