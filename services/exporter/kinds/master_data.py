"""Dictionaries (domain.md 3.1): entries travel as they are; a customer discount must be of the type "Customer"."""

from __future__ import annotations

from schemas.cee.master_data import Discount, Entry
from schemas.channel import Channel
from schemas.export import master_data as export
from services.kernel.guard import Refused


def handle(change: Entry, channel: Channel) -> export.Entry:
    """Raises Refused promotion_not_supported, field_invalid, and what CEE's view found (duplicate_discount)."""
    if isinstance(change, Discount):
        if change.promotion_type != "customer":
            raise Refused("quarantined", "promotion_not_supported")
        if change.article and change.article_class:
            raise Refused("quarantined", "field_invalid", field="article_class", value=change.article_class)
    return export.BY_DICTIONARY[change.dictionary].of(change)
