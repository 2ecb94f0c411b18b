"""A record of export.*, as the feed judges it: read once from Kafka, or again from the rows that wait.

Called by batch.py and release.py; knows no SQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson

from schemas.envelope import Reference
from schemas.export.registry import EXPORT
from services.kernel.kafka import Record
from services.kernel.run_headers import is_forced, run_of

KEY_LIMIT = 512  # bytes, domain.md 3; far longer ones would not fit into an index
SEPARATOR = "\x1f"  # between the reps of an audience on the way into PostgreSQL
_INT64 = 1 << 63
_OPERATIONS = frozenset({"upsert", "deactivate", "delete"})
_BARE = frozenset({"channel", "kind", "key", "op", "version", "changed_at", "content_hash", "run_id"})


class Malformed(Exception):
    """The record can't be read; its key is parked with its bytes, the others go on."""


@dataclass(slots=True)
class Incoming:
    """One state of one object. `body` are the value's bytes as they travelled; None for a delete."""

    reference: Reference
    objectversion: int
    op: str
    hash: bytes | None
    version: int | None
    body: bytes | None
    audience: tuple[str, ...] | None
    stated: bool  # the record says whose it is: a removal without it keeps the audience it had
    bare: bool  # a removal that carries nothing but its key
    needs: Sequence[Reference]
    soft: Sequence[Reference]
    event_ms: int | None  # the commit in CEE, since 1970
    topic_partition: int
    topic_offset: int
    run: UUID | None
    forced: bool = False  # its run sends it again though nothing changed
    waited: bool = False  # nothing of it has been sent yet, its run counts it as waiting

    @property
    def kind(self) -> str:
        return self.reference[0]

    @property
    def key(self) -> str:
        return self.reference[1]


def read(kind: str, record: Record) -> Incoming:
    """Raises Malformed. Unknown headers and fields are ignored."""
    headers, contract, value = dict(record.headers), EXPORT[kind], record.value
    try:
        body = _fields(value)
        op = headers["ce_op"].decode() if "ce_op" in headers else body.get("op", "delete")
        if op not in _OPERATIONS or (value is None) != (op == "delete"):
            raise Malformed(f"operation {op!r} does not go with its value")
        upsert, audience = op == "upsert", headers.get("ce_audience")
        return Incoming(
            reference=(kind, stored_text((record.key or b"").decode())),
            objectversion=_int64(int(headers["ce_objectversion"])),
            op=op,
            hash=content_hash_of(headers),
            version=_int64(body["version"]) if "version" in body else None,
            body=value,
            audience=None if audience is None else audience_of(audience),
            stated=audience is not None,
            bare=not upsert and body.keys() <= _BARE,
            needs=contract.needs(body) if upsert else (),
            soft=contract.soft(body) if upsert else (),
            event_ms=event_ms_of(headers),
            topic_partition=record.partition,
            topic_offset=record.offset,
            run=run_of(headers),
            forced=is_forced(headers),
        )
    except (KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise Malformed(f"{type(error).__name__}: {error}") from error


def from_waiting(row: Any) -> Incoming:
    """The full version that waits, as it was when it arrived."""
    body = _fields(row["body"])
    return Incoming(
        reference=(row["kind"], row["key"]),
        objectversion=row["objectversion"],
        op=row["op"],
        hash=row["hash"],
        version=row["version"],
        body=row["body"],
        audience=None if row["audience"] is None else tuple(row["audience"]),
        stated=True,
        bare=False,
        needs=EXPORT[row["kind"]].needs(body),
        soft=EXPORT[row["kind"]].soft(body),
        event_ms=None,  # its age is not what the bus needed
        topic_partition=row["topic_partition"],
        topic_offset=row["topic_offset"],
        run=row["run"],
        waited=not row["soft"],
    )


def reason(missing: Sequence[Reference]) -> dict[str, Any]:
    """Params of `reference_missing`: the first of the records it waits for, and how many they are."""
    kind, key = storable(missing[0])
    return {"ref": f"{kind}/{key}", "count": len(missing)}


def audience_of(value: bytes) -> tuple[str, ...] | None:
    """Sorted rep numbers; None means the whole channel."""
    reps = orjson.loads(value)
    if reps is not None and any(SEPARATOR in rep for rep in reps):
        raise Malformed("a rep number holds a control character")
    return None if reps is None else tuple(sorted({stored_text(rep) for rep in reps}))


def content_hash_of(headers: dict[str, bytes]) -> bytes | None:
    """Raises ValueError for what is no hash."""
    digest = headers.get("ce_contenthash")
    return bytes.fromhex(digest.decode()) if digest else None


def event_ms_of(headers: dict[str, bytes]) -> int | None:
    """When what the record tells about happened, since 1970; raises ValueError."""
    return _milliseconds(headers["ce_time"]) if "ce_time" in headers else None


def _fields(value: bytes | None) -> dict[str, Any]:
    if value is None:
        return {}
    body = orjson.loads(value)
    if not isinstance(body, dict):
        raise Malformed("not a JSON object")
    return body


def is_storable(text: str) -> bool:
    """PostgreSQL keeps no NUL, and its indexes no endless keys."""
    return bool(text) and "\x00" not in text and (len(text) * 4 <= KEY_LIMIT or len(text.encode()) <= KEY_LIMIT)


def storable(reference: Reference) -> Reference:
    """A reference that no key can be is waited for all the same: nothing ever answers to an empty one."""
    return reference if is_storable(reference[1]) else (reference[0], "")


def stored_text(text: str) -> str:
    """The text if it can be a key or an addressee; raises Malformed."""
    if not is_storable(text):
        raise Malformed("a key is empty, longer than 512 bytes or holds a NUL")
    return text


def _milliseconds(time: bytes) -> int:
    """ISO, UTC; the form that all of ours have, with three digits after the second, is taken apart by hand."""
    if len(time) == 24 and time[19:20] == b"." and time[23:] == b"Z":
        return _second(time[:19]) * 1000 + int(time[20:23])
    return int(_utc(time.decode()).timestamp() * 1000)


@lru_cache(maxsize=4096)
def _second(time: bytes) -> int:
    return int(_utc(time.decode()).timestamp())


def _utc(time: str) -> datetime:
    moment = datetime.fromisoformat(time)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _int64(number: int) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or not -_INT64 <= number < _INT64:
        raise Malformed(f"{number!r} is no 64-bit number")
    return number
