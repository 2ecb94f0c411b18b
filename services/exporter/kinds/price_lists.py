"""Price lists and prices (domain.md 3.7). Clashes need the other rows: CEE's view finds them (duplicate_price)."""

from __future__ import annotations

from schemas.cee.price_lists import PriceList, PriceRow
from schemas.channel import Channel
from schemas.export import price_lists as export
from services.kernel.guard import Deactivate, Refused, Remark, Warned

OWNER_BY_LEVEL = {"item": None, "customer-item": "customer", "customer-class-item": "customer_class"}


def handle(change: PriceList | PriceRow, channel: Channel) -> export.Priced | Warned | Deactivate:
    """Raises Refused currency_mismatch, field_missing, field_invalid. Remark: list_not_on_profile, one for each profile."""
    if isinstance(change, PriceRow):
        return export.PriceRow.of(change, price_unit=change.price_unit or "1")
    if change.in_listing is False:
        return Deactivate()
    if change.currency != channel.currency:
        raise Refused("quarantined", "currency_mismatch", value=change.currency, currency=channel.currency)
    _check_level(change)
    payload = export.PriceList.of(change)
    remarks = tuple(Remark("list_not_on_profile", {"list": change.code, "profile": rep}) for rep in change.missing_on_profiles or ())
    return Warned(payload, remarks) if remarks else payload


def _check_level(change: PriceList) -> None:
    """Exactly the owner that the level needs."""
    wanted = OWNER_BY_LEVEL[change.level]
    for field, given in (("customer", change.customer), ("customer_class", change.customer_class)):
        if field == wanted and given is None:
            raise Refused("quarantined", "field_missing", field=field)
        if field != wanted and given is not None:
            raise Refused("quarantined", "field_invalid", field=field, value=given)
