"""A sales channel for tests that need no company around it."""

from __future__ import annotations

from typing import Any

from schemas.channel import Channel

SETTINGS: dict[str, Any] = {
    "id": "PL1",
    "description": "Handel krajowy",
    "sales_organisation": "FIRMA",
    "currency": "PLN",
    "active": True,
    "assortment_listing": "ASORT",
    "price_listing": "CENY",
    "category_root": "NARZEDZIA",
    "order_type_zs": "ZSM",
    "order_type_os": "OSM",
    "default_payment_form": "PRZELEW",
    "default_payment_term": "14D",
    "template_with_tax_id": "T1",
    "template_without_tax_id": "T2",
    "max_user_discount": "15.00",
    "inventory_owner": "FIRMA",
    "availability_warehouses": ["W1"],
    "delivery_warehouse": "W1",
    "file_types": {"image": "OBRAZ", "recording": "NAGRANIE", "other": "PLIK"},
}


def sales_channel(**other: Any) -> Channel:
    """The channel PL1 with `other` settings."""
    return Channel.model_validate(SETTINGS | other)
