"""Availability as a device receives it (domain.md 3.6)."""

from __future__ import annotations

from typing import Any

from schemas.cee.availability import AvailabilityBody
from schemas.envelope import Export, Reference
from schemas.fields import Stock
from schemas.keys import entry, escape


class Availability(AvailabilityBody, Export, kind="availability", leaves="delete"):
    """`quantity` in the base unit; the device never checks stock, 0 can be ordered."""

    quantity: Stock

    @classmethod
    def needs(cls, body: dict[str, Any]) -> list[Reference]:
        return [("articles", escape(body["article"])), entry("warehouses", body["warehouse"])]
