"""Dictionaries (domain.md 3.1): entries travel as they are; a customer discount must be of the type "Customer"."""

from __future__ import annotations

from schemas.cee.master_data import Discount, EntryChange, Warehouse
from schemas.channel import Channel
from schemas.export import master_data as export
from services.kernel.guard import Refused


def handle(change: EntryChange, channel: Channel) -> export.Entry:
    """Raises Refused promotion_not_supported, field_invalid, filtered."""
    if isinstance(change, Discount):
        _check_discount(change)
    if isinstance(change, Warehouse) and change.code not in channel.availability_warehouses:
        raise Refused("unchanged", "filtered", rule="availability_warehouses")
    return export.BY_DICTIONARY[change.dictionary].of(change)


def _check_discount(change: Discount) -> None:
    if change.promotion_type != "customer":
        raise Refused("quarantined", "promotion_not_supported")
    if change.article is not None and change.article_class is not None:
        raise Refused("quarantined", "field_invalid", field="article_class", value=change.article_class)
