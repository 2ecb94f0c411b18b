"""Price lists and their prices as CEE states them (domain.md 3.7). Keys: `<list>`; `<list>/<article>/<unit>/<scale>/<valid_from>`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import CeeChange, Contract
from schemas.parts import Amount0, Currency, DayOrNone, Names, Price, PriceUnit, Text10, Text20, Text40


class ListBody(Contract):
    """Head of a list; 1 is the highest priority, among equals the profile decides."""

    record: Literal["list"]
    code: Text20
    name: Names
    currency: Currency
    level: Literal["item", "customer-item", "customer-class-item"]
    customer: Text20 | None = None
    customer_class: Text20 | None = None
    priority: Annotated[int, Field(ge=1, le=6)]
    is_default: bool = False
    price_mode: Literal["net", "gross"]
    valid_from: DayOrNone = None
    valid_to: DayOrNone = None
    list_version: int


class PriceBody(Contract):
    """One price of an article, unit and scale from a day on."""

    record: Literal["price"]
    list: Text20
    article: Text40
    unit: Text10
    scale: Amount0
    valid_from: date
    valid_to: DayOrNone = None
    price: Price
    price_unit: PriceUnit = "1"


class PriceList(ListBody, CeeChange, kind="price-lists"):
    """`missing_on_profiles`: reps of the channel whose profile lacks the list (list_not_on_profile)."""

    in_listing: bool = True
    missing_on_profiles: tuple[str, ...] = ()


class PriceRow(PriceBody, CeeChange, kind="price-lists"):
    """`row_id` tells two rows with the same key apart."""

    row_id: Text40


Record = Annotated[PriceList | PriceRow, Field(discriminator="record")]
