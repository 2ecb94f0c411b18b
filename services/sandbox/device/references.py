"""Which rows must be on the device before a row makes sense: domain.md 5, "needs first", written down a second time.

On purpose not the contracts' own `needs`: a device that shared the feed's table could not find the table's errors.
Dictionary entries are not listed: one that is removed leaves its bare code behind in the rows that name it (domain.md 7.3).
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


def key_of(code: str | None) -> str:
    """A code as it is written in a key; empty for none."""
    return (code or "").replace("%", "%25").replace("/", "%2F")


def _discounts(body: Body) -> Iterator[Reference]:
    if body.get("dictionary") == "customer-discounts":
        yield "partners", key_of(body["partner"])


def _partners(body: Body) -> Iterator[Reference]:
    for rep in body.get("reps") or ():
        yield "sales-reps", key_of(rep)


def _categories(body: Body) -> Iterator[Reference]:
    yield "article-categories", key_of(body.get("parent"))
    for assigned in body.get("articles") or ():
        yield "articles", key_of(assigned["article"])


def _availability(body: Body) -> Iterator[Reference]:
    yield "articles", key_of(body["article"])


def _prices(body: Body) -> Iterator[Reference]:
    if body.get("record") == "price":
        yield "price-lists", key_of(body["list"])
        yield "articles", key_of(body["article"])
    else:
        yield "partners", key_of(body.get("customer"))


def _documents(body: Body) -> Iterator[Reference]:
    yield "partners", key_of(body["partner"])
    if body.get("origin") == "mobile":
        yield "sales-reps", key_of(body.get("rep"))
    for line in body.get("lines") or ():
        yield "articles", key_of(line["article"])


def _attachments(body: Body) -> Iterator[Reference]:
    yield _OWNERS[body["owner_kind"]], body["owner_key"]


_RULES: dict[str, Callable[[Body], Iterator[Reference]]] = {
    "master-data": _discounts,
    "partners": _partners,
    "article-categories": _categories,
    "availability": _availability,
    "price-lists": _prices,
    "sales-documents": _documents,
    "attachments": _attachments,
}
