"""What is said about an upload, ready to be stored: made of the operation's answer, a verdict, or what the core itself decides.

Called by settle.py and wanted.py. Values only; the attempt's number is given by the database (store.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.writer.model import Answer, Outcome, Parent
from services.writer.record import Accepted, Arrived, Verdict

LONGEST = timedelta(minutes=5)  # between two attempts: a database that is repaired is noticed soon
ERROR_SHOWN = 200  # characters


@dataclass(frozen=True, slots=True)
class Waiting:
    """An upload that waits, as its row says: what was last said about it, and its place."""

    seq: int
    arrived: Arrived
    hash: str
    outcome: str
    code: str
    params: dict[str, Any]
    parent: Parent | None
    queue: str | None
    attempts: int
    confirmed: bool
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """One answer. `hash`: the content's; `before`: the row in which it has waited; next_at: None = whenever the sweep comes by."""

    arrived: Arrived
    outcome: Outcome
    code: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    hash: str = ""
    key: str | None = None
    number: str | None = None
    applied: bool = False
    parent: Parent | None = None
    queue: str | None = None
    attempts: int = 0
    next_at: datetime | None = None
    before: Waiting | None = None

    @property
    def final(self) -> bool:
        return self.outcome not in ("waiting", "quarantined")

    @property
    def is_news(self) -> bool:
        """Something the sender has not been told yet."""
        before = self.before
        return self.final or before is None or (before.outcome, before.code, before.params) != (self.outcome, self.code, self.params)

    @property
    def is_moved(self) -> bool:
        """Its row among the waiting has to be written."""
        before = self.before
        if before is None or self.is_news:
            return True
        return self.next_at is not None or (before.parent, before.queue, before.attempts) != (self.parent, self.queue, self.attempts)


def of_answer(case: Accepted, answer: Answer, queue: str | None, before: Waiting | None) -> Said:
    """What an operation has made of an upload. Raises ValueError for an answer that says too little."""
    if answer.is_applied and answer.key is None:
        raise ValueError(f"{answer.upload.kind}: an applied answer without a key")
    if not answer.final and answer.code is None:
        raise ValueError(f"{answer.upload.kind}: {answer.outcome} without a code")
    warnings = [{"code": remark.code, "params": remark.params} for remark in answer.remarks]
    body = {"number": answer.number, "mobile_number": answer.mobile_number, "status": answer.status, "version": answer.version}
    return Said(
        arrived=case.arrived,
        outcome=answer.outcome,
        code=answer.code,
        params=answer.params,
        body={name: value for name, value in {**body, "warnings": warnings}.items() if value is not None and value != []},
        hash=case.upload.content_hash,
        key=answer.key,
        number=answer.number,
        applied=answer.is_applied,
        parent=answer.parent,
        queue=queue,
        attempts=case.upload.attempts,
        before=before,
    )


def of_verdict(verdict: Verdict, before: Waiting | None = None) -> Said:
    return Said(verdict.arrived, verdict.outcome, verdict.code, verdict.params, before=before)


def superseded(waiting: Waiting) -> Said:
    """A newer revision of the whole object has come."""
    return Said(waiting.arrived, "unchanged", "superseded", before=waiting)


def discarded(waiting: Waiting, reason: str) -> Said:
    """An operator's word: refused for what it waited for."""
    return Said(waiting.arrived, "rejected", waiting.code, {**waiting.params, "discarded": reason}, before=waiting)


def behind(case: Accepted, head: Waiting, queue: str) -> Said:
    """An edit that stands in line: it waits for what the first one waits for."""
    code, params = (head.code, head.params) if head.outcome == "waiting" else ("delivery_failed", {})
    return Said(case.arrived, "waiting", code, params, hash=case.upload.content_hash, parent=head.parent, queue=queue)


def failed(case: Accepted, error: Exception, now: datetime, max_attempts: int) -> Said:
    """CEE refused this record's effects. Tried again later and later; in the end it is an operator's."""
    attempts = case.upload.attempts + 1
    shown = f"{type(error).__name__}: {error}".replace("\0", "")[:ERROR_SHOWN]
    common: dict[str, Any] = {"hash": case.upload.content_hash, "attempts": attempts}
    if attempts >= max_attempts:
        return Said(case.arrived, "quarantined", "attempts_exhausted", {"count": attempts, "error": shown}, **common)
    pause = min(LONGEST, timedelta(seconds=2**attempts))
    return Said(case.arrived, "waiting", "delivery_failed", {"error": shown}, next_at=now + pause, **common)
