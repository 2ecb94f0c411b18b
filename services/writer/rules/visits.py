"""What becomes of the uploads of visits (domain.md 4.4), from what CEE has of everything they name. Pure.

Called by target/visits.py with one batch. The gate stands before the first import only: what was imported once always follows its device.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from services.writer.model import Answer, Parent, Upload
from services.writer.rules.revisions import settled_by_revision


@dataclass(frozen=True, slots=True)
class Situation:
    """`moment`: CEE's now, UTC; partners: numbers by what the uploads call them (number or source_id), those in CEE only;
    reps: the channel's, and whether each is a CEE user; elsewhere: source_ids that are visits of other channels."""

    moment: datetime
    partners: Mapping[str, str]
    reps: Mapping[str, bool]
    elsewhere: frozenset[str]


@dataclass(frozen=True, slots=True)
class Planned:
    """A visit to be written for `partner`, CEE's number of it."""

    upload: Upload
    partner: str


def decide(situation: Situation, upload: Upload) -> Answer | Planned:
    """An answer, or what is to be written."""
    settled = settled_by_revision(upload, status=upload.body.status)
    if settled is not None:
        return settled
    if upload.source_id in situation.elsewhere:
        return Answer(upload, "rejected", "field_invalid", {"field": "source_id", "value": upload.source_id})
    closed = _gate(situation, upload) if upload.known is None else None
    if closed is not None:
        return closed
    called = partner_of(upload)
    partner = situation.partners.get(called) or upload.body.partner
    if partner is None:  # nothing can be written about a partner without a number, whatever the revision
        return _closed(upload, "partner_missing", ("partners", called))
    return Planned(upload, partner)


def partner_of(upload: Upload) -> str:
    """What the upload calls its partner: a number, or the source_id of one born on a device."""
    return str(upload.body.partner or upload.body.partner_source_id)


def _gate(situation: Situation, upload: Upload) -> Answer | None:
    body, called = upload.body, partner_of(upload)
    if body.status != "confirmed":
        answer = _closed(upload, "visit_not_confirmed")
        return replace(answer, params=answer.params | {"status": body.status})
    if datetime.fromisoformat(body.planned_start) <= situation.moment:
        return Answer(upload, "rejected", "visit_not_future", _named(upload))
    if called not in situation.partners:
        return _closed(upload, "partner_missing", ("partners", called))
    if upload.rep not in situation.reps:
        return _closed(upload, "rep_missing", ("sales-reps", upload.rep))
    if not situation.reps[upload.rep]:
        return _closed(upload, "rep_not_cee_user", ("sales-reps", upload.rep))
    return None


def _closed(upload: Upload, code: str, parent: Parent | None = None) -> Answer:
    return Answer(upload, "waiting", code, _named(upload), parent=parent)


def _named(upload: Upload) -> dict[str, Any]:
    """Each visit that is passed over is named with number, partner and start (domain.md 4.4)."""
    return {"number": upload.body.number, "partner": partner_of(upload), "start": upload.body.planned_start, "rep": upload.rep}
