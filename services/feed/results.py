"""results.<ch> -> the sender's feed and `ceebus.upload`: what became of each upload, its last answer only.

Called by batch.py. A repeated answer changes nothing, an earlier one is passed over, a final one is never taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from schemas.export.results import KIND, ImportResult, key_of
from services.feed.outcomes import as_json
from services.feed.record import Incoming, Malformed, content_hash_of, event_ms_of, stored_text
from services.feed.store import Store, columns
from services.kernel.kafka import Record
from services.kernel.postgres import Queries

QUERIES = Queries(Path(__file__).with_name("results.sql"))
Upload = tuple[str, UUID, int, str, UUID]  # kind, source_id, revision, sender, upload_id


@dataclass(slots=True)
class Answer:
    """One answer: as its sender gets it, and as the list of uploads keeps it."""

    record: Incoming
    result: ImportResult

    @property
    def upload(self) -> Upload:
        r = self.result
        return r.upload_kind, UUID(r.source_id), r.revision, r.sender, UUID(r.upload_id)

    def is_after(self, other: Answer) -> bool:
        """A final answer stands against every interim one."""
        return (self.result.final, self.result.attempt) > (other.result.final, other.result.attempt)

    def row(self) -> tuple[Any, ...]:
        r, at = self.result, datetime.fromisoformat(self.result.at)
        received = None if self.record.event_ms is None else datetime.fromtimestamp(self.record.event_ms / 1000, UTC)
        warnings = as_json([warning.model_dump(mode="json", exclude_none=True) for warning in r.warnings or ()])
        said = (r.attempt, r.final, r.outcome, r.code, as_json(r.params or {}), warnings, r.number)
        return (*self.upload, *said, received, at, at if r.final else None)


def read(channel: str, record: Record) -> Answer:
    """Raises Malformed: an answer whose key, number and addressee do not agree with what it says reaches nobody."""
    headers = dict(record.headers)
    try:
        result = ImportResult.model_validate_json(record.value or b"")
        key = stored_text((record.key or b"").decode())
        if result.channel != channel or key != result.key or key != key_of(result.sender, result.source_id, result.revision):
            raise Malformed("key, channel and content do not agree")
        if int(headers["ce_objectversion"]) != result.attempt:
            raise Malformed("the object version is not the attempt")
        incoming = Incoming(
            reference=(KIND, key),
            objectversion=result.attempt,
            op="upsert",
            hash=content_hash_of(headers),
            version=result.version,
            body=record.value,
            audience=(stored_text(result.sender),),
            stated=True,
            bare=False,
            needs=(),
            soft=(),
            event_ms=event_ms_of(headers),
            topic_partition=record.partition,
            topic_offset=record.offset,
            run=None,
        )
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise Malformed(f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}") from error
    except (KeyError, ValueError) as error:
        raise Malformed(f"{type(error).__name__}: {error}") from error
    return Answer(incoming, result)


async def standing(store: Store, channel: str, answers: Iterable[Answer]) -> list[Answer]:
    """The last answer of each upload in this batch, without those that would take a final one back. Under the channel's lock."""
    last: dict[Upload, Answer] = {}
    for answer in answers:
        had = last.get(answer.upload)
        if had is None or answer.is_after(had):
            last[answer.upload] = answer
    interim = [upload for upload, answer in last.items() if not answer.result.final]
    if interim:
        for row in await store.fetch(QUERIES.final, channel, *columns(interim, 5)):
            del last[interim[row[0] - 1]]
    return list(last.values())


async def note(store: Store, channel: str, answers: Sequence[Answer]) -> None:
    """Writes the list of uploads, in the transaction that writes the feed."""
    if answers:
        await store.fetch(QUERIES.note, channel, *columns([answer.row() for answer in answers], 15))
