"""What becomes of an uploaded document (domain.md 4.2, 7.4, 7.5). Pure; called by target/documents.py with what CEE has.

The first rule that applies decides, in the order of `_refusal`. A document that is not refused is `Accepted`: it gets a number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from schemas.channel import Channel
from schemas.imports.documents import Document
from services.kernel.guard import Remark
from services.writer.model import Answer, Parent, Upload
from services.writer.rules.totals import percent_on, wrong_figure


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner as he is today. `is_active`: assigned to the channel and not deleted on a device."""

    number: str
    role: str
    status: str
    price_class: str | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class Written:
    """A document that CEE has for a source_id; `key` is `<type>/<hq number>`."""

    key: str
    number: str
    mobile_number: str
    status: str
    version: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What CEE knows of all that a batch names. What is missing in a mapping does not exist.

    today: the channel's day; written: by source_id; taken: mobile number -> source_id of its document (None: born in CEE);
    partners: by number and by source_id; limits: rep of the channel -> greatest discount in %; unknown: articles that CEE has not;
    left: articles that are not in the channel today; rates: VAT rate -> its (valid from, percent) pairs.
    """

    today: date
    decimals: int
    written: dict[str, Written] = field(default_factory=dict)
    taken: dict[str, str | None] = field(default_factory=dict)
    partners: dict[str, Partner] = field(default_factory=dict)
    limits: dict[str, Decimal] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    rates: dict[str, list[tuple[date, Decimal]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A document to be written for `partner`, with the remarks known so far."""

    upload: Upload
    partner: Partner
    remarks: tuple[Remark, ...]


class Judging:
    """One batch, upload by upload: what one of them takes is taken for those behind it."""

    def __init__(self, facts: Facts, channel: Channel) -> None:
        self._facts, self._channel = facts, channel
        self._taken = dict(facts.taken)
        self._given: dict[str, str] = {}
        self._percents: dict[date, dict[str, Decimal]] = {}

    def decide(self, upload: Upload) -> Answer | Accepted:
        document: Document = upload.body
        refusal = self._known(upload) or self._refusal(upload, document)
        if refusal is not None:
            return refusal
        self._taken[document.mobile_number] = upload.source_id
        self._given[upload.source_id] = upload.content_hash
        partner = self._facts.partners[named(document)]
        return Accepted(upload, partner, self._deactivated(document))

    def _known(self, upload: Upload) -> Answer | None:
        """Documents never change: a known source_id is a repeat or a conflict."""
        written = self._facts.written.get(upload.source_id)
        if upload.known is None and written is None and upload.source_id not in self._given:
            return None
        applied = upload.known.hash if upload.known else self._given.get(upload.source_id)
        seen: dict[str, Any] = {}
        if upload.known is not None:
            seen = {"number": upload.known.number, "key": upload.known.key}
        if written is not None:
            seen = {"number": written.number, "key": written.key, "mobile_number": written.mobile_number}
            seen |= {"status": written.status, "version": written.version}
        if applied == upload.content_hash:
            return Answer(upload, "unchanged", "already_imported", **seen)
        return Answer(upload, "conflict", "epoch_changed" if upload.is_foreign else "content_conflict", **seen)

    def _refusal(self, upload: Upload, document: Document) -> Answer | None:
        number = document.mobile_number
        if number in self._taken and self._taken[number] != upload.source_id:
            return Answer(upload, "conflict", "mobile_number_taken", {"mobile_number": number})
        if document.type == "OS" and document.expiry_date is not None and document.expiry_date < self._facts.today:
            return Answer(upload, "rejected", "quote_expired", {"mobile_number": number, "date": document.expiry_date.isoformat()})
        wrong = wrong_figure(document, self._percents_on(document.issue_date), self._facts.decimals)
        if wrong is not None:
            return Answer(upload, "rejected", wrong.code, dict(wrong.params))
        return self._above_limit(upload, document) or self._missing(upload, document)

    def _percents_on(self, day: date) -> dict[str, Decimal]:
        found = self._percents.get(day)
        if found is None:
            valid = {code: percent_on(values, day) for code, values in self._facts.rates.items()}
            found = self._percents[day] = {code: percent for code, percent in valid.items() if percent is not None}
        return found

    def _above_limit(self, upload: Upload, document: Document) -> Answer | None:
        """The profile's maximum; the channel's is above every profile, and holds for a rep who has none (yet)."""
        if document.user_discount is None:
            return None
        highest = Decimal(self._channel.max_user_discount)
        limit = min(self._facts.limits.get(upload.rep, highest), highest)
        if Decimal(document.user_discount) <= limit:
            return None
        return Answer(upload, "rejected", "discount_above_limit", {"value": document.user_discount, "limit": str(limit)})

    def _missing(self, upload: Upload, document: Document) -> Answer | None:
        """What the document waits for (domain.md 5, "needs first")."""
        if upload.rep not in self._facts.limits:
            return _waits(upload, "rep_missing", {"rep": upload.rep}, ("sales-reps", upload.rep))
        name = named(document)
        partner = self._facts.partners.get(name)
        code = _gate(partner)
        if code is not None:
            shown = partner.number if partner else name
            return _waits(upload, code, {"partner": shown}, ("partners", shown))
        for line in document.lines if self._facts.unknown else ():
            if line.article in self._facts.unknown:
                return _waits(upload, "article_missing", {"article": line.article}, ("articles", line.article))
        return None

    def _deactivated(self, document: Document) -> tuple[Remark, ...]:
        left = self._facts.left
        if not left:
            return ()
        gone = [line for line in document.lines if line.article in left]
        return tuple(Remark("article_deactivated", {"position": line.position, "article": line.article}) for line in gone)


def named(document: Document) -> str:
    """The partner as the document names it: a number, or the source_id of a partner born on a device."""
    return document.partner or document.partner_source_id or ""


def _gate(partner: Partner | None) -> str | None:
    if partner is None:
        return "partner_missing"
    if partner.role != "customer":
        return "partner_is_prospect"
    if partner.status == "blocked":
        return "partner_blocked"
    if partner.status != "released" or not partner.is_active:
        return "partner_inactive"
    return None


def _waits(upload: Upload, code: str, params: dict[str, Any], parent: Parent) -> Answer:
    return Answer(upload, "waiting", code, params, parent=parent)
