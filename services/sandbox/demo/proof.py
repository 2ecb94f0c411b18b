"""Whether every upload of the demo's day ended as it must, and whether CEE has each object exactly once and as it was sent.

Three witnesses: what the devices and the manager were told, control's figures, and SQL over CEE's own tables (imports.sql).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from schemas.topics import IMPORT_KINDS
from services.kernel.postgres import Connection, PooledConnection, Queries
from services.sandbox.reps.day import Made
from services.sandbox.reps.rep import Place

SQL = Queries(Path(__file__).with_name("imports.sql"))
OUTCOMES = ("imported", "waiting", "rejected", "unchanged", "conflict")


@dataclass(frozen=True)
class Expected:
    """What must become of an upload; `code` None: any. `rep` whose it is."""

    made: Made
    rep: str
    outcome: str = "imported"
    code: str | None = None


End = tuple[str | None, str | None]  # what became of an upload: outcome, code


def wrong_ends(expected: Mapping[Place, Expected], told: Mapping[Place, End]) -> Iterator[str]:
    """Differences between what must become of uploads and what their sender was told in the end."""
    for place, wanted in expected.items():
        outcome, code = told.get(place, (None, None))
        if outcome != wanted.outcome or wanted.code not in (None, code):
            had, want = f"{outcome} {code or ''}".strip(), f"{wanted.outcome} {wanted.code or ''}".strip()
            yield f"{place[0]} {place[1]}/{place[2]} of {wanted.rep}: {had} instead of {want}"
    for place in told.keys() - expected.keys():
        yield f"{place[0]} {place[1]}/{place[2]}: an answer to something nobody sent"


def wrong_figures(expected: Iterable[Expected], imports: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Control's figures against what was sent."""
    wanted = Counter((one.made.kind, one.outcome) for one in expected)
    for kind in IMPORT_KINDS:
        for outcome in OUTCOMES:
            if imports[kind][outcome] != wanted[kind, outcome]:
                yield f"{kind}: control counts {imports[kind][outcome]} {outcome} instead of {wanted[kind, outcome]}"


async def wrong_objects(connection: Connection | PooledConnection, channel: str, expected: Iterable[Expected]) -> list[str]:
    """What CEE has not, has twice, has otherwise than it was sent, or has though it was refused."""
    last: dict[tuple[str, str], Expected | None] = {}
    edits: list[Made] = []
    for one in expected:
        if one.made.body.get("number") and one.made.kind == "partners":
            edits.append(one.made)
        else:
            place = (one.made.kind, one.made.source_id)
            last[place] = one if one.outcome == "imported" else last.get(place)
    found = []
    for row in await connection.fetch(SQL.held, [kind for kind, _ in last], [source_id for _, source_id in last]):
        sent = last[row["kind"], row["source_id"]]
        want, have = ([_facts(sent)] if sent else []), row["facts"] or []
        if want != have:
            found.append(f"{row['kind']} {row['source_id']}: CEE has {have} instead of {want}")
    found += [f"documents: two of them bear {row['mobile_number']}" for row in await connection.fetch(SQL.repeated, channel)]
    return found + await _lost_edits(connection, edits)


def _facts(sent: Expected) -> list[Any]:
    """What imports.sql tells of an object, from the upload."""
    body = sent.made.body
    if sent.made.kind == "documents":
        value = sum((Decimal(line["value"]) for line in body["lines"]), Decimal(0))
        return [body["mobile_number"], _trimmed(body["gross_total"]), len(body["lines"]), _trimmed(value)]
    if sent.made.kind == "partners":
        return [body["name"], body["role"], len(body["addresses"])]
    if sent.made.kind == "attachments":
        content = sent.made.content if sent.made.content is not None else body["text"].encode()
        return [body["type"], body["name"], hashlib.sha256(content).hexdigest()]
    return [body["number"], body["status"], sent.rep]


def _trimmed(amount: str | Decimal) -> str:
    """Without zeros at its end, as PostgreSQL's trim_scale writes it."""
    return f"{Decimal(amount).normalize():f}"


async def _lost_edits(connection: Connection | PooledConnection, edits: list[Made]) -> list[str]:
    rows = await connection.fetch(SQL.edited, [made.body["number"] for made in edits])
    held = {row["number"]: row for row in rows}
    lost = []
    for made in edits:
        row = held[made.body["number"]]
        same = made.body.get("matchcode") in (None, row["matchcode"])
        if not same or {person["id"] for person in made.body.get("contact_persons", ())} - set(row["persons"]):
            lost.append(f"partners {made.body['number']}: CEE has not what a rep changed")
    return lost
