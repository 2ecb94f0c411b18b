"""What must be on the device before a row makes sense: domain.md 5, "needs first", written down a second time.

On purpose not the contracts' own `needs`: a device that shared the feed's table could not find the table's errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Reference = tuple[str, str]
Body = dict[str, Any]

_OWNERS = {"partner": "partners", "article": "articles", "document": "sales-documents"}


def needs(kind: str, body: Body) -> list[Reference]:
    """(kind, key) of the rows a received row refers to; none for kinds without such references."""
    rule = _RULES.get(kind)
    return [reference for reference in rule(body) if reference[1]] if rule else []


def entry(dictionary: str, code: str | None) -> Reference:
    """The key of a dictionary entry; an empty code makes an empty key."""
    return ("master-data", f"{dictionary}/{code.replace('%', '%25').replace('/', '%2F')}" if code else "")


def _master_data(body: Body) -> Iterator[Reference]:
    if body.get("dictionary") == "customer-discounts":
        yield "partners", body["partner"]
        yield entry("price-types", body["component"])


def _partners(body: Body) -> Iterator[Reference]:
    for rep in body.get("reps") or ():
        yield "sales-reps", rep


def _articles(body: Body) -> Iterator[Reference]:
    yield entry("units", body.get("base_unit"))
    yield entry("units", body.get("sales_unit"))
    yield entry("vat-rates", body.get("vat_rate"))


def _categories(body: Body) -> Iterator[Reference]:
    yield "article-categories", body.get("parent") or ""
    for assigned in body.get("articles") or ():
        yield "articles", assigned["article"]


def _availability(body: Body) -> Iterator[Reference]:
    yield "articles", body["article"]
    yield entry("warehouses", body["warehouse"])


def _prices(body: Body) -> Iterator[Reference]:
    if body.get("record") == "price":
        yield "price-lists", body["list"].replace("%", "%25").replace("/", "%2F")
        yield "articles", body["article"]
        yield entry("units", body["unit"])
    else:
        yield entry("currencies", body.get("currency"))
        yield "partners", body.get("customer") or ""


def _documents(body: Body) -> Iterator[Reference]:
    yield "partners", body["partner"]
    yield "sales-reps", body.get("rep") or ""
    for line in body.get("lines") or ():
        yield "articles", line["article"]


def _attachments(body: Body) -> Iterator[Reference]:
    yield _OWNERS[body["owner_kind"]], body["owner_key"]


_RULES: dict[str, Callable[[Body], Iterator[Reference]]] = {
    "master-data": _master_data,
    "partners": _partners,
    "articles": _articles,
    "article-categories": _categories,
    "availability": _availability,
    "price-lists": _prices,
    "sales-documents": _documents,
    "attachments": _attachments,
}
