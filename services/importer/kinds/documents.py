"""Orders and quotes (domain.md 4.2): header and lines are one unit. Amounts, prices and what is referred to are the writer's."""

from __future__ import annotations

from schemas.channel import Channel
from schemas.imports import documents as imports
from schemas.mobile.documents import Document
from schemas.mobile.names import YEARS, named
from services.kernel.guard import Refused


def handle(upload: Document, channel: Channel) -> imports.Document:
    """Raises Refused document_not_confirmed, currency_mismatch, field_missing, field_invalid."""
    if not upload.confirmed:
        raise Refused("rejected", "document_not_confirmed", mobile_number=upload.mobile_number)
    if upload.currency != channel.currency:
        raise Refused("rejected", "currency_mismatch", value=upload.currency, currency=channel.currency)
    if upload.type == "OS" and upload.expiry_date is None:
        raise Refused("rejected", "field_missing", field="expiry_date")
    _check_dates(upload)
    _check_positions(upload)
    partner, source_id = named(upload.partner)
    return imports.Document.of(
        upload,
        partner=partner,
        partner_source_id=source_id,
        payment_form=upload.payment_form or channel.default_payment_form,
        payment_term=upload.payment_term or channel.default_payment_term,
    )


def _check_dates(upload: Document) -> None:
    """Nothing is delivered, and no quote ends, before it was issued."""
    for field, day in (("issue_date", upload.issue_date), ("delivery_date", upload.delivery_date), ("expiry_date", upload.expiry_date)):
        if day is not None and (day < upload.issue_date or day.year not in YEARS):
            raise Refused("rejected", "field_invalid", field=field, value=day.isoformat())


def _check_positions(upload: Document) -> None:
    seen: set[int] = set()
    for place, line in enumerate(upload.lines):
        if line.position in seen:
            raise Refused("rejected", "field_invalid", field=f"lines[{place}].position", value=str(line.position))
        seen.add(line.position)
