"""Availability (domain.md 3.6): the reserve is taken off, unless negative stock is allowed."""

from __future__ import annotations

from decimal import Decimal

from schemas.cee.availability import Availability
from schemas.channel import Channel
from schemas.export import availability as export
from services.kernel.guard import Refused


def handle(change: Availability, channel: Channel) -> export.Availability:
    """Raises Refused filtered, not_stock_managed."""
    if not channel.stock_managed:
        raise Refused("unchanged", "filtered", rule="stock_managed")
    if change.owner != channel.inventory_owner:
        raise Refused("unchanged", "filtered", rule="inventory_owner")
    if change.warehouse not in channel.availability_warehouses:
        raise Refused("unchanged", "filtered", rule="availability_warehouses")
    if change.stock_managed is False:
        raise Refused("quarantined", "not_stock_managed", article=change.article)
    return export.Availability.of(change, quantity=quantity(change, channel))


def quantity(change: Availability, channel: Channel) -> str:
    """Negative stock allowed (says the record, else the article, else the channel): all of it; else what the reserve leaves."""
    said = (change.allow_negative, change.article_allow_negative, channel.allow_negative)
    if next(allowed for allowed in said if allowed is not None):
        return change.available
    left = Decimal(change.available) - Decimal(change.reserve or 0)
    return f"{left:f}" if left > 0 else "0"
