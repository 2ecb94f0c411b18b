"""Price lists and their prices as CEE states them (domain.md 3.7). Keys: `<list>`; `<list>/<article>/<unit>/<scale>/<valid_from>`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, Strict

from schemas.envelope import CeeChange, Contract
from schemas.fields import CurrencyCode, Day, Figure0, Flag, Int64, Maybe20, Price, PriceUnit, Text10, Text20, Text40
from schemas.keys import escape, joined, plain
from schemas.parts import Names


class ListBody(Contract):
    """Head of a list; 1 is the highest priority, among equals the profile decides. `list_version`: highest of any of its rows."""

    record: Literal["list"]
    code: Text20
    name: Names
    currency: CurrencyCode
    level: Literal["item", "customer-item", "customer-class-item"]
    customer: Maybe20 = None
    customer_class: Maybe20 = None
    priority: Annotated[int, Strict(), Field(ge=1, le=6)]
    is_default: Flag
    price_mode: Literal["net", "gross"]
    valid_from: Day | None = None
    valid_to: Day | None = None
    list_version: Int64


class PriceBody(Contract):
    """One price of an article, unit and scale from a day on; empty `valid_to` ends at the next `valid_from`."""

    record: Literal["price"]
    list: Text20
    article: Text40
    unit: Text10
    scale: Figure0
    valid_from: Day
    valid_to: Day | None = None
    price: Price


class PriceList(ListBody, CeeChange, kind="price-lists"):
    """`missing_on_profiles`: reps of the channel whose profile lacks the list (list_not_on_profile)."""

    in_listing: Flag | None = None
    missing_on_profiles: tuple[Text20, ...] | None = None

    example: ClassVar[dict[str, Any]] = {
        "channel": "PL1",
        "kind": "price-lists",
        "key": "DETAL",
        "member": True,
        "version": 5,
        "record": "list",
        "code": "DETAL",
        "name": {"pl": "Cennik detaliczny"},
        "currency": "PLN",
        "level": "item",
        "priority": 6,
        "is_default": True,
        "price_mode": "net",
        "valid_from": "2026-01-01",
        "list_version": 31,
    }

    def own_key(self) -> str:
        return escape(self.code)


class PriceRow(PriceBody, CeeChange, kind="price-lists"):
    """`row_id` tells two rows with the same key apart; `price_unit` is the quantity the price is for, empty = 1."""

    price_unit: PriceUnit | None = None
    row_id: Text40

    example: ClassVar[dict[str, Any]] = {
        "channel": "PL1",
        "kind": "price-lists",
        "key": "DETAL/M-1%2F2/pcs/2.5/2026-01-01",
        "member": True,
        "version": 31,
        "record": "price",
        "list": "DETAL",
        "article": "M-1/2",
        "unit": "pcs",
        "scale": "2.500",
        "valid_from": "2026-01-01",
        "price": "39.9000",
        "price_unit": "1",
        "row_id": "4711",
    }

    def own_key(self) -> str:
        return joined(self.list, self.article, self.unit, plain(self.scale), self.valid_from.isoformat())


Record = Annotated[PriceList | PriceRow, Field(discriminator="record")]
