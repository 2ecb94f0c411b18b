"""What a rep has on his device to work with: his profile, his customers, and goods with their prices (domain.md 3.7).

Read once before the work; nothing here asks a server.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from services.sandbox.device.device import Device

Body = dict[str, Any]
Rows = Callable[[str], Mapping[str, Body]]  # kind -> rows by key, as Device.rows gives them
_LAST = 1 << 31  # a list the profile does not name comes after its equals


class NothingToDo(Exception):
    """The device holds no profile of this rep, nobody to sell to or nothing to sell."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a list says of an article today; `mode` net or gross."""

    amount: Fraction
    per: Fraction
    mode: str


@dataclass(frozen=True)
class Territory:
    """`percents`: VAT rates of today; `decimals` of the currency; `numbered`: the highest number given in each series so far."""

    rep: str
    today: date
    currency: str
    decimals: int
    own: Body
    customers: list[Body]
    articles: list[Body]
    visit_types: list[str]
    percents: dict[str, Fraction]
    lists: list[Body]
    prices: dict[tuple[str, str, str], list[Body]]
    numbered: dict[str, int]

    @property
    def profile(self) -> Body:
        found: Body = self.own["profile"]
        return found

    def mobile_number(self, kind: str) -> str:
        """The next of this rep's series: `symbol-no/mm/yy/series`."""
        symbol = (self.profile.get("symbols") or {}).get(kind) or kind
        tail = f"{self.today:%m/%y}/{self.profile['series']}"
        self.numbered[f"{symbol}/{tail}"] = number = self.numbered.get(f"{symbol}/{tail}", 0) + 1
        return f"{symbol}-{number}/{tail}"

    def price(self, customer: Body, article: Body, quantity: int) -> Price | None:
        """The first list by priority that has the article; of it the largest scale that is reached."""
        for head in self.lists:
            if _applies(head, customer):
                found = self._row(self.prices.get((head["code"], article["number"], article["sales_unit"]), ()), quantity)
                if found is not None:
                    return Price(Fraction(found["price"]), Fraction(found["price_unit"]), head["price_mode"])
        return None

    def _row(self, rows: Any, quantity: int) -> Body | None:
        day, newest = self.today.isoformat(), dict[Fraction, Body]()
        for row in rows:
            scale = Fraction(row["scale"])
            if scale <= quantity and row["valid_from"] <= day and (scale not in newest or newest[scale]["valid_from"] < row["valid_from"]):
                newest[scale] = row
        for scale in sorted(newest, reverse=True):
            if not newest[scale].get("valid_to") or newest[scale]["valid_to"] > day:
                return newest[scale]
        return None


def of_device(device: Device, today: date) -> Territory:
    """What this device holds, documents of its own that have not come back included. Raises NothingToDo."""
    return read(device.rows, device.store.recall("rep") or "", today, device.uploads.mobile_numbers())


def read(rows: Rows, rep: str, today: date, given: Iterable[str] = ()) -> Territory:
    """`given`: mobile numbers beside those of the documents among the rows. Raises NothingToDo."""
    own = next((body for body in rows("sales-reps").values() if body.get("number") == rep and body["op"] == "upsert"), None)
    customers = [body for body in rows("partners").values() if body["op"] == "upsert" and body.get("orders_allowed")]
    heads, prices = _price_lists(rows, own, today)
    sold = {article for _list, article, _unit in prices}
    articles = [body for body in rows("articles").values() if body.get("orderable") and body["op"] == "upsert" and body["number"] in sold]
    if own is None or not customers or not articles:
        raise NothingToDo(f"the device of {rep} holds nothing to work with; pull first")
    words: dict[str, list[Body]] = defaultdict(list)
    for body in rows("master-data").values():
        words[body["dictionary"]].append(body)
    currency = customers[0]["currency"]
    decimals = next(body["decimals"] for body in words["currencies"] if body["code"] == currency)
    types = sorted(body["code"] for body in words["visit-types"] if body.get("active", True))
    percents = {body["code"]: percent for body in words["vat-rates"] if (percent := _percent(body, today)) is not None}
    return Territory(rep, today, currency, decimals, own, customers, articles, types, percents, heads, prices, _numbered(rows, given))


def _price_lists(rows: Rows, own: Body | None, today: date) -> tuple[list[Body], dict[tuple[str, str, str], list[Body]]]:
    """Heads that are valid today, the first to look into first; rows by list, article and unit."""
    day, heads, prices = today.isoformat(), list[Body](), defaultdict[tuple[str, str, str], list[Body]](list)
    order = {entry["list"]: entry["priority"] for entry in (own or {}).get("profile", {}).get("price_lists", ())}
    for body in rows("price-lists").values():
        if body["record"] == "price":
            prices[body["list"], body["article"], body["unit"]].append(body)
        elif (body.get("valid_from") or day) <= day < (body.get("valid_to") or "9999"):
            heads.append(body)
    heads.sort(key=lambda head: (head["priority"], order.get(head["code"], _LAST), head["code"]))
    return heads, dict(prices)


def _applies(head: Body, customer: Body) -> bool:
    if head["level"] == "customer-item":
        return bool(head["customer"] == customer.get("number"))
    return bool(head["level"] == "item" or head["customer_class"] == customer.get("price_class"))


def _percent(rate: Body, today: date) -> Fraction | None:
    begun = [entry for entry in rate["rates"] if entry["valid_from"] <= today.isoformat()]
    return Fraction(max(begun, key=lambda entry: str(entry["valid_from"]))["percent"]) if begun else None


def _numbered(rows: Rows, given: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for mobile_number in (*given, *(body.get("mobile_number") or "" for body in rows("sales-documents").values())):
        head, _, tail = mobile_number.partition("/")
        symbol, _, number = head.rpartition("-")
        if number.isdigit():
            found[f"{symbol}/{tail}"] = max(found.get(f"{symbol}/{tail}", 0), int(number))
    return found
