"""Sales orders and quotes (domain.md 3.8): header and lines are one record."""

from __future__ import annotations

from collections.abc import Iterable

from schemas.cee.sales_documents import Line, SalesDocument
from schemas.channel import Channel
from schemas.export import sales_documents as export
from services.kernel.guard import Refused, Remark, Warned

STATUSES = {"ZS": ("status_delivery", "status_invoice"), "OS": ("expiry_date", "status_order")}
DEVICE_BORN = ("mobile_number", "rep")


def handle(change: SalesDocument, channel: Channel) -> export.SalesDocument | Warned:
    """Raises Refused currency_mismatch, field_missing, field_invalid. Remark: article_outside_assortment, one for each article."""
    if change.currency != channel.currency:
        raise Refused("quarantined", "currency_mismatch", value=change.currency, currency=channel.currency)
    _require(change, STATUSES[change.type])
    if change.origin == "mobile":
        _require(change, DEVICE_BORN)
    _check_dates(change)
    outside = _check_lines(change.lines)
    payload = export.SalesDocument.of(change)
    if not outside:
        return payload
    return Warned(payload, tuple(Remark("article_outside_assortment", {"article": article}) for article in outside))


def _require(change: SalesDocument, fields: Iterable[str]) -> None:
    values = change.__dict__
    for field in fields:
        if values[field] is None:
            raise Refused("quarantined", "field_missing", field=field)


def _check_dates(change: SalesDocument) -> None:
    """Nothing is delivered, and no quote ends, before it was issued."""
    for field, day in (("delivery_date", change.delivery_date), ("expiry_date", change.expiry_date)):
        if day is not None and day < change.issue_date:
            raise Refused("quarantined", "field_invalid", field=field, value=day.isoformat())


def _check_lines(lines: tuple[Line, ...]) -> list[str]:
    """Articles outside the assortment, each once, in the order of the lines."""
    seen: set[int] = set()
    for place, line in enumerate(lines):
        if line.position in seen:
            raise Refused("quarantined", "field_invalid", field=f"lines[{place}].position", value=str(line.position))
        seen.add(line.position)
    return list(dict.fromkeys(line.article for line in lines if line.outside))
