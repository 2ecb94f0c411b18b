"""The same fields as the SQL beside it, taken from the JSON a device received. Decimals lose their trailing zeros, lists their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

Body = Mapping[str, Any]
Fields = tuple[str | None, ...]


def fields_of(kind: str, body: Body) -> Fields:
    """What `expected` compares of this record; `body` is the value as the gateway sent it, op upsert."""
    return _KINDS[kind](body)


def _number(value: Any) -> str | None:
    if value is None:
        return None
    text = format(Decimal(str(value)).normalize(), "f")
    return "0" if text == "-0" else text


def _bool(value: Any) -> str | None:
    return None if value is None else "true" if value else "false"


def _joined(parts: Iterable[str]) -> str | None:
    """Sorted as collation C does, that is by bytes; nothing is None, as string_agg gives."""
    return ",".join(sorted(parts, key=str.encode)) or None


def _names(body: Body) -> tuple[str | None, ...]:
    name = body.get("name") or {}
    return name.get("pl"), name.get("de"), name.get("en")


def _count(body: Body, field: str) -> str:
    return str(len(body.get(field) or ()))


def _master_data(body: Body) -> Fields:
    if body["dictionary"] == "customer-discounts":
        head = (body["partner"], body["component"], body.get("article"), body.get("article_class"))
        return (*head, _number(body["threshold"]), _number(body["percent"]), body.get("valid_from"), body.get("valid_to"))
    return (*_names(body), _bool(body["active"]), _special(body))


def _special(body: Body) -> str | None:
    """What a dictionary has besides code, name and activity."""
    field = {
        "units": "decimals",
        "warehouses": "organisation",
        "payment-forms": "type",
        "payment-terms": "due_days",
        "price-types": "category",
        "positions": "description",
        "currencies": "decimals",
        "document-types": "symbol",
    }.get(body["dictionary"])
    if field:
        return None if body.get(field) is None else str(body[field])
    if body["dictionary"] == "vat-rates":
        return _joined(f"{rate['valid_from']}:{_number(rate['percent'])}" for rate in body["rates"])
    return _count(body, "regions") if body["dictionary"] == "countries" else None


def _sales_rep(body: Body) -> Fields:
    profile = body["profile"]
    who = (body.get("first_name"), body["last_name"], _bool(body["active"]), _bool(body["visits_allowed"]))
    forms = (f"{form['payment_form']}{'*' if form['default'] else ''}" for form in profile["payment_forms"])
    lists = (f"{entry['list']}:{entry['priority']}" for entry in profile["price_lists"])
    limits = (profile["hq_documents"], _number(profile["max_discount"]), profile["series"])
    return (*who, *limits, _joined(profile["warehouses"]), _joined(lists), _joined(forms))


def _partner(body: Body) -> Fields:
    main: Body = next((address for address in body["addresses"] if address["type"] == "main"), {})
    who = (body["name"], body["legal_kind"], body["role"], body["status"], _bool(body["orders_allowed"]), body.get("tax_id"))
    where = (main.get("city"), main.get("postal_code"), main.get("street"))
    counts = tuple(_count(body, field) for field in ("addresses", "contacts", "contact_persons"))
    pays = (body["customer_type"], body["payment_form"], body["payment_term"], body.get("price_class"), _number(body.get("credit_limit")))
    return (*who, *where, *counts, *pays, _joined(body.get("reps") or ()))


def _article(body: Body) -> Fields:
    units = body.get("units") or ()
    eans = {ean for part in (body, *units) for ean in part.get("eans") or ()}
    taxes = (
        body["vat_rate"],
        body["base_unit"],
        body["sales_unit"],
        _bool(body["orderable"]),
        _number(body.get("weight")),
        body.get("price_class"),
    )
    codes = (_joined(f"{unit['unit']}:{_number(unit['factor'])}" for unit in units), _joined(eans), _count(body, "attributes"))
    flags = ",".join(sorted(body.get("flags") or ()))
    return (*_names(body), *taxes, *codes, flags, _bool(body["stock_managed"]), _bool(body.get("allow_negative")), body.get("logo"))


def _category(body: Body) -> Fields:
    articles = _joined(f"{entry['article']}:{entry['position']}" for entry in body.get("articles") or ())
    return (*_names(body), body.get("parent"), str(body["position"]), str(body["level"]), articles)


def _availability(body: Body) -> Fields:
    return body["article"], body["warehouse"], _number(body["quantity"]), _number(body.get("alert_quantity"))


def _price_list(body: Body) -> Fields:
    if body["record"] == "price":
        return _number(body["price"]), _number(body["price_unit"]), body.get("valid_to")
    whom = (body["level"], body.get("customer"), body.get("customer_class"), str(body["priority"]), _bool(body["is_default"]))
    return (*_names(body), *whom, body["price_mode"], body.get("valid_from"), body.get("valid_to"))


def _document(body: Body) -> Fields:
    who = (body["partner"], body.get("mobile_number"), body["origin"], body.get("rep"))
    dates = (body["issue_date"], body.get("delivery_date"), body.get("expiry_date"))
    statuses = (body["status_general"], body.get("status_delivery"), body.get("status_invoice"), body.get("status_order"))
    totals = tuple(_number(body[field]) for field in ("net_total", "vat_total", "gross_total"))
    value = sum((Decimal(line["value"]) for line in body["lines"]), Decimal(0))
    return (*who, *dates, *statuses, *totals, _count(body, "lines"), _number(value))


def _attachment(body: Body) -> Fields:
    size = None if body.get("size") is None else str(body["size"])
    owner = (body["owner_kind"], body["owner_key"], body["type"], body["name"], body.get("extension"))
    return (*owner, body["sha256"], size, _bool(body["is_default"]))


_KINDS: dict[str, Callable[[Body], Fields]] = {
    "master-data": _master_data,
    "sales-reps": _sales_rep,
    "partners": _partner,
    "articles": _article,
    "article-categories": _category,
    "availability": _availability,
    "price-lists": _price_list,
    "sales-documents": _document,
    "attachments": _attachment,
}
