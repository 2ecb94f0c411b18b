"""Writes what has changed in the partners' addresses, contacts and contact persons. Called by target/partners.py.

By ids: of two states of a partner only the elements that differ are written, those that are gone are deleted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.kernel.postgres import Connection, Queries
from services.writer.rules.merge import Fields, by_id
from services.writer.rules.partner_fields import LISTS

INNER = "inner"  # contacts of contact persons
ORDER = (*LISTS, INNER)  # contacts come after the persons they belong to
Rows = dict[str, dict[str, dict[str, Any]]]


async def write_parts(connection: Connection, queries: Queries, changes: Sequence[tuple[str, Fields, Fields]]) -> None:
    """`changes`: number, state before, state now."""
    dropped: dict[str, list[str]] = {name: [] for name in ORDER}
    put: dict[str, list[dict[str, Any]]] = {name: [] for name in ORDER}
    for number, before, now in changes:
        old, new = _rows(number, before), _rows(number, now)
        for name in ORDER:
            dropped[name] += old[name].keys() - new[name].keys()
            put[name] += [row for key, row in new[name].items() if row != old[name].get(key)]
    for name in reversed(ORDER):
        if dropped[name]:
            await connection.execute(getattr(queries, f"drop_{name}"), dropped[name])
    for name in ORDER:
        if put[name]:
            await connection.execute(getattr(queries, f"put_{name}"), put[name])


def _rows(number: str, fields: Fields) -> Rows:
    """The rows of each table by id."""
    rows: Rows = {name: {} for name in ORDER}
    for name in LISTS:
        for key, element in by_id(fields.get(name)).items():
            rows[name][key] = {part: value for part, value in element.items() if part != "contacts"} | {"partner": number}
            rows[INNER] |= {inner: contact | {"contact_person": key} for inner, contact in by_id(element.get("contacts")).items()}
    return rows
