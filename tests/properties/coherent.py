"""What a JSON Schema can't say about a change of cee.*: fields that must fit each other and the channel PL1 (domain.md 3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from schemas.cee.registry import CEE

Change = dict[str, Any]
EXTENSION = {"image": "jpg", "recording": "mp3", "file": "pdf"}


def named(change: Change) -> Change:
    """A name needs a language."""
    name = change.get("name")
    if isinstance(name, dict) and not any((text or "").strip() for text in name.values()):
        return change | {"name": {"pl": "Nazwa"}}
    return change


def coherent(kind: str, change: Change) -> Change:
    """The change as one that goes to devices."""
    made = named(change) | {"channel": "PL1", "kind": kind, "member": True, "stub": None, "problems": None}
    made |= _RULES[kind](made)
    return made | {"key": CEE[kind].validate_json(orjson.dumps(made)).own_key()}


def _without_twins(parts: list[Change] | None, field: str) -> list[Change] | None:
    return parts and list({part[field].strip(): part for part in parts}.values())


def _partner(change: Change) -> Change:
    addresses = [
        address | {"type": "delivery" if place else "main", "postal_code": "30-001"} for place, address in enumerate(change["addresses"])
    ]
    persons = change.get("contact_persons")
    return {
        "currency": "PLN",
        "status": "blocked" if change["status"] == "inactive" else change["status"],
        "assigned": True,
        "addresses": addresses,
        "contacts": _without_twins(change.get("contacts"), "type"),
        "contact_persons": persons and [person | {"contacts": _without_twins(person.get("contacts"), "type")} for person in persons],
        "longitude": None if change.get("latitude") is None else "19.9",
    }


def _rep(change: Change) -> Change:
    forms = [form | {"default": not place} for place, form in enumerate(change["profile"]["payment_forms"])]
    return {"employer": "FIRMA", "sales_rep": True, "profile": change["profile"] | {"payment_forms": forms, "max_discount": "9.99"}}


def _article(change: Change) -> Change:
    return {"status": "blocked", "in_assortment": True, "units": _without_twins(change.get("units"), "unit")}


def _category(change: Change) -> Change:
    return {"status": "released", "parent": "NARZ", "level": 2, "articles": _without_twins(change.get("articles"), "article")}


def _availability(_change: Change) -> Change:
    return {"owner": "FIRMA", "warehouse": "W1", "stock_managed": True}


def _price(change: Change) -> Change:
    if change["record"] == "price":
        return {}
    return {"currency": "PLN", "level": "customer-item", "customer": "K1", "customer_class": None, "in_listing": True}


def _document(change: Change) -> Change:
    lines = [line | {"position": place} for place, line in enumerate(change["lines"], 1)]
    dates = {"issue_date": "1000-01-01", "delivery_date": None, "expiry_date": "1000-01-01"}
    statuses = {"status_delivery": "none", "status_invoice": "part", "status_order": "full"}
    return {"currency": "PLN", "rep": "R1", "mobile_number": "ZS-1/12/26/001", "lines": lines} | dates | statuses


def _attachment(change: Change) -> Change:
    content = {"text": "ą", "sha256": "ab" * 32, "size": 1, "mime": "image/jpeg"}
    return content | {"extension": EXTENSION.get(change["type"])}


def _entry(change: Change) -> Change:
    if change["dictionary"] == "warehouses":
        return {"code": "W1"}
    return {"promotion_type": "customer", "article_class": None}


_RULES: dict[str, Callable[[Change], Change]] = {
    "master-data": _entry,
    "sales-reps": _rep,
    "partners": _partner,
    "articles": _article,
    "article-categories": _category,
    "availability": _availability,
    "price-lists": _price,
    "sales-documents": _document,
    "attachments": _attachment,
}
