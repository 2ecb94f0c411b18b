"""Price lists and prices as a device receives them (domain.md 3.7)."""

from __future__ import annotations

from typing import Any

from schemas.cee.price_lists import ListBody, PriceBody
from schemas.envelope import Export, Reference
from schemas.fields import PriceUnit
from schemas.keys import entry, escape


class Priced(Export, kind="price-lists", leaves="delete"):
    """Base of both record types."""

    @classmethod
    def needs(cls, body: dict[str, Any]) -> list[Reference]:
        if body["record"] == "price":
            return [("price-lists", escape(body["list"])), ("articles", escape(body["article"])), entry("units", body["unit"])]
        customer = [("partners", escape(body["customer"]))] if body.get("customer") else []
        return [entry("currencies", body["currency"]), *customer]


class PriceList(ListBody, Priced):
    """The head of a list."""


class PriceRow(PriceBody, Priced):
    """`price_unit`: the quantity the price is for."""

    price_unit: PriceUnit
