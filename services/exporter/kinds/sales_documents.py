"""Sales orders and quotes (domain.md 3.8)."""

from __future__ import annotations

from schemas.cee.sales_documents import LineBody, SalesDocument
from schemas.channel import Channel
from schemas.export import sales_documents as export
from services.kernel.guard import Refused, Remark, Warned

MOST_LINES = 500


def handle(change: SalesDocument, channel: Channel) -> export.SalesDocument | Warned:
    """Raises Refused currency_mismatch, too_many_lines, field_missing, field_invalid. Remark: article_outside_assortment."""
    if change.currency != channel.currency:
        raise Refused("quarantined", "currency_mismatch", value=change.currency, currency=channel.currency)
    if len(change.lines) > MOST_LINES:
        raise Refused("quarantined", "too_many_lines", count=len(change.lines))
    _check_fields(change)
    lines = tuple(LineBody.model_construct(None, **{name: line.__dict__[name] for name in LineBody.model_fields}) for line in change.lines)
    payload = export.SalesDocument.of(change, lines=lines)
    outside = sorted({line.article for line in change.lines if line.outside})
    if not outside:
        return payload
    return Warned(payload, tuple(Remark("article_outside_assortment", {"article": article}) for article in outside))


def _check_fields(change: SalesDocument) -> None:
    """What holds between fields of one document."""
    if not change.lines:
        raise Refused("quarantined", "field_missing", field="lines")
    positions = [line.position for line in change.lines]
    if len(set(positions)) != len(positions):
        raise Refused("quarantined", "field_invalid", field="lines.position", value=next(p for p in positions if positions.count(p) > 1))
    required = ["expiry_date", "status_order"] if change.type == "OS" else ["status_delivery", "status_invoice"]
    required += ["rep", "mobile_number"] if change.origin == "mobile" else []
    for field in required:
        if getattr(change, field) is None:
            raise Refused("quarantined", "field_missing", field=field)
    for field in ("delivery_date", "expiry_date"):
        day = getattr(change, field)
        if day is not None and day < change.issue_date:
            raise Refused("quarantined", "field_invalid", field=field, value=day.isoformat())
