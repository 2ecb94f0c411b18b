"""outcomes.<ch> -> the due list and the ledger: what was not plainly sent, with its original bytes and where it came from.

Due (quarantined, waiting): tried again until the key is delivered at that version or above. Everything else, warnings
included, is the ledger's: it says what became of a key that is not plainly in the feed.

Attempts are failed deliveries (`delivery_failed`) in a row of one state of the object: what CEE states of it, its version included, but
not what differs between two reads of the same (`state_of`). A republish, whoever asked for it, is the same state under a higher object
version, so its failure counts on; anything new in CEE starts anew, and so does an operator's retry (control sets them to 0). At the
channel's `max_attempts` the entry is exhausted: `attempts_exhausted`, an operator's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from schemas.envelope import content_hash
from schemas.export.results import KIND as RESULTS
from services.feed.record import KEY_LIMIT
from services.feed.store import Store, columns
from services.kernel.kafka import Record
from services.kernel.postgres import Queries
from services.kernel.run_headers import run_of

QUERIES = Queries(Path(__file__).with_name("outcomes.sql"))
DUE = frozenset({"quarantined", "waiting"})
_INT64 = 1 << 63


@dataclass(slots=True)
class Refusal:
    """One entry: why, and the record it is about as it came. `topic` is where it was read, not outcomes.<ch>."""

    kind: str
    key: str
    objectversion: int
    outcome: str
    code: str
    params: dict[str, Any]
    topic: str
    topic_partition: int
    topic_offset: int
    value: bytes | None
    headers: list[tuple[str, str]]
    run: UUID | None

    def due_row(self) -> tuple[Any, ...]:
        head = (self.kind, self.key, self.objectversion, self.outcome, self.code, as_json(self.params))
        return (*head, self.topic, self.topic_partition, self.topic_offset, self.value, as_json(self.headers), self._state())

    def _state(self) -> bytes | None:
        return state_of(self.value) if self.code == "delivery_failed" else None

    def ledger_row(self) -> tuple[Any, ...]:
        return self.kind, self.key, self.objectversion, self.outcome, self.code, as_json(self.params)


def from_outcomes(record: Record) -> Refusal:
    """A record of outcomes.<ch>; whatever is wrong with it, it is kept."""
    headers = dict(record.headers)

    def text(name: str) -> str:
        return headers.get(name, b"").decode(errors="replace").replace("\x00", "\ufffd")

    return Refusal(
        kind=text("__ceebus.kind"),
        key=_key(record.key),
        objectversion=_number(text("ce_objectversion")),
        outcome=text("__ceebus.errors.outcome") or "quarantined",
        code=text("__ceebus.errors.code") or "malformed",
        params=_params(headers.get("__ceebus.errors.params")),
        topic=text("__connect.errors.topic"),
        topic_partition=_number(text("__connect.errors.partition")) & 0x7FFFFFFF,
        topic_offset=_number(text("__connect.errors.offset")),
        value=record.value,
        headers=_kept(record.headers),
        run=run_of(headers),
    )


def malformed(kind: str, topic: str, record: Record, why: str) -> Refusal:
    """A record of export.* or results.<ch> that can't be read."""
    headers = dict(record.headers)
    version = headers.get("ce_objectversion", b"").decode(errors="replace")
    place = (topic, record.partition, record.offset, record.value, _kept(record.headers))
    run = None if kind == RESULTS else run_of(headers)  # the writer counts those of imports
    return Refusal(kind, _key(record.key), _number(version), "quarantined", "malformed", {"error": why}, *place, run)


def state_of(value: bytes | None) -> bytes:
    """32 bytes, equal for equal content at an equal version of CEE's, however often and whenever it was read."""
    try:
        body = orjson.loads(value or b"null")
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        return hashlib.sha256(value or b"").digest()
    return hashlib.sha256(f"{body.get('version')} {content_hash(body)}".encode()).digest()


async def add(store: Store, channel: str, refusals: Sequence[Refusal], max_attempts: int) -> None:
    """Under the channel's lock. Ignores what a delivered record of the key has overtaken; marks those that are exhausted as such."""
    due, ledger = _newest(r for r in refusals if r.outcome in DUE), _newest(r for r in refusals if r.outcome not in DUE)
    if due:
        rows = await store.fetch(QUERIES.refuse, channel, *columns([r.due_row() for r in due], 12), max_attempts)
        _exhaust(due, {(row["kind"], row["key"]): row["attempts"] for row in rows if row["exhausted"]})
    if ledger:
        await store.fetch(QUERIES.enter, channel, *columns([r.ledger_row() for r in ledger], 6))
    final = [r for r in ledger if r.outcome != "warning"]
    if final:
        rows = [(r.kind, r.key, r.objectversion) for r in final]
        await store.fetch(QUERIES.overtake, channel, *columns(rows, 3))


def _exhaust(due: Iterable[Refusal], attempts: dict[tuple[str, str], int]) -> None:
    for refusal in due:
        count = attempts.get((refusal.kind, refusal.key))
        if count is not None:
            refusal.outcome, refusal.code, refusal.params = "quarantined", "attempts_exhausted", {**refusal.params, "count": count}


def _newest(refusals: Iterable[Refusal]) -> Sequence[Refusal]:
    """One a key, the newest version; several remarks about it stand under `more` of the first."""
    found: dict[tuple[str, str], Refusal] = {}
    for refusal in refusals:
        had = found.get((refusal.kind, refusal.key))
        if had is None or had.objectversion < refusal.objectversion:
            found[refusal.kind, refusal.key] = refusal
        elif had.objectversion == refusal.objectversion and (had.code, had.params) != (refusal.code, refusal.params):
            had.params = {**had.params, "more": [*had.params.get("more", ()), {"code": refusal.code, "params": refusal.params}]}
    return list(found.values())


def _key(key: bytes | None) -> str:
    """As much of the key as an index takes; the record's own key stands in the topic."""
    return (key or b"")[:KEY_LIMIT].decode(errors="replace").replace("\x00", "\ufffd")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and int(text) < _INT64 else 0


def _params(value: bytes | None) -> dict[str, Any]:
    try:
        params = orjson.loads(value or b"{}")
    except orjson.JSONDecodeError:
        return {}
    return params if isinstance(params, dict) else {}


def _kept(headers: Sequence[tuple[str, bytes]]) -> list[tuple[str, str]]:
    return [(name, value.decode(errors="replace")) for name, value in headers if not name.startswith("__")]


def as_json(value: Any) -> str:
    """JSON that PostgreSQL can keep."""
    return orjson.dumps(_without_nul(value)).decode()


def _without_nul(value: Any) -> Any:
    """PostgreSQL's jsonb takes no NUL inside a text."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd")
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nul(item) for item in value]
    return value
