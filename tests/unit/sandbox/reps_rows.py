"""What a small device holds, as `Device.rows` gives it, for the tests of the reps' days."""

from __future__ import annotations

from datetime import date
from typing import Any

from services.sandbox.reps.territory import Territory, read

TODAY = date(2026, 3, 2)
PROFILE = {
    "series": "R1",
    "symbols": {"ZS": "ZSM"},
    "warehouses": ["W1"],
    "payment_forms": [{"payment_form": "CASH", "default": False}, {"payment_form": "TRANSFER", "default": True}],
    "max_discount": "5.00",
    "price_lists": [{"list": "L1", "priority": 2}, {"list": "L2", "priority": 1}],
}


def head(code: str, **fields: Any) -> dict[str, Any]:
    return {"record": "list", "code": code, "level": "item", "priority": 3, "price_mode": "net"} | fields


def price(listed: str, article: str, amount: str, **fields: Any) -> dict[str, Any]:
    row = {"record": "price", "list": listed, "article": article, "unit": "PCS", "scale": "0", "price": amount, "price_unit": "1"}
    return row | {"valid_from": "2026-01-01"} | fields


def customer(number: str, **fields: Any) -> dict[str, Any]:
    address = {"id": number, "type": "main", "country": "PL"}
    found = {
        "number": number,
        "op": "upsert",
        "orders_allowed": True,
        "currency": "PLN",
        "name": number,
        "version": 7,
        "addresses": [address],
    }
    return found | fields


def word(dictionary: str, code: str, **fields: Any) -> dict[str, Any]:
    return {"dictionary": dictionary, "code": code, "active": True} | fields


def article(number: str) -> dict[str, Any]:
    return {"number": number, "op": "upsert", "orderable": True, "vat_rate": "V23", "sales_unit": "PCS", "name": {"pl": f"Towar {number}"}}


def rows(*prices: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """By kind."""
    words = [word("currencies", "PLN", decimals=2), word("visit-types", "HANDLOWA")]
    rates = [{"valid_from": "2011-01-01", "percent": "23.00"}, {"valid_from": "2027-01-01", "percent": "25.00"}]
    return {
        "sales-reps": [{"number": "R1", "op": "upsert", "visits_allowed": True, "profile": PROFILE}],
        "partners": [customer("K1"), customer("K2", price_class="A"), customer("K3", orders_allowed=False)],
        "articles": [article("A1"), article("A2"), article("A3")],
        "master-data": [*words, word("vat-rates", "V23", rates=rates)],
        "price-lists": [head("L1"), head("L2"), *(prices or (price("L1", "A1", "12.5000"), price("L1", "A2", "3.3333")))],
        "sales-documents": [{"mobile_number": "ZSM-41/03/26/R1"}, {"mobile_number": None}],
    }


def territory(*prices: dict[str, Any]) -> Territory:
    held = rows(*prices)
    return read(lambda kind: {str(at): body for at, body in enumerate(held[kind])}, "R1", TODAY, ["ZSM-7/03/26/R1"])
