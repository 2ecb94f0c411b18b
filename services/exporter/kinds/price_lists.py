"""Price lists and prices (domain.md 3.7). Clashes need the other rows: CEE's view finds them (duplicate_price)."""

from __future__ import annotations

from schemas.cee.price_lists import PriceList, PriceRow
from schemas.channel import Channel
from schemas.export import price_lists as export
from services.kernel.guard import Refused, Remark, Warned


def handle(change: PriceList | PriceRow, channel: Channel) -> export.Priced | Warned:
    """Raises Refused currency_mismatch, field_missing, field_invalid. Remark: list_not_on_profile."""
    return export.PriceRow.of(change) if isinstance(change, PriceRow) else _list(change, channel)


def _list(change: PriceList, channel: Channel) -> export.Priced | Warned:
    if change.currency != channel.currency:
        raise Refused("quarantined", "currency_mismatch", value=change.currency, currency=channel.currency)
    wanted = {"item": (), "customer-item": ("customer",), "customer-class-item": ("customer_class",)}[change.level]
    for field in ("customer", "customer_class"):
        given = getattr(change, field)
        if field in wanted and not given:
            raise Refused("quarantined", "field_missing", field=field)
        if field not in wanted and given:
            raise Refused("quarantined", "field_invalid", field=field, value=given)
    payload = export.PriceList.of(change)
    remarks = tuple(Remark("list_not_on_profile", {"list": change.code, "profile": rep}) for rep in change.missing_on_profiles)
    return Warned(payload, remarks) if remarks else payload
