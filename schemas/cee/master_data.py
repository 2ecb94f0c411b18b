"""The dictionaries as CEE states them (domain.md 3.1), one record per entry. Key: `<dictionary>/<code>`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import CeeChange, Contract
from schemas.parts import Amount0, CountryCode, Currency, DayOrNone, Names, Percent, Text10, Text20, Text40, Text255


class EntryBody(Contract):
    """What every entry has."""

    name: Names
    active: bool = True


class UnitBody(EntryBody):
    dictionary: Literal["units"]
    code: Text10
    decimals: Annotated[int, Field(ge=0, le=6)]


class WarehouseBody(EntryBody):
    dictionary: Literal["warehouses"]
    code: Text20
    organisation: Text20 | None = None


class VatPeriod(Contract):
    """The percentage from a day on."""

    valid_from: date
    percent: Percent


class VatRateBody(EntryBody):
    """The rate is the one valid on the issue date."""

    dictionary: Literal["vat-rates"]
    code: Text20
    country: CountryCode | None = None
    exempt: bool = False
    rates: tuple[VatPeriod, ...] = ()


class PaymentFormBody(EntryBody):
    dictionary: Literal["payment-forms"]
    code: Text20
    type: Literal["cash", "transfer", "card", "other"]


class PaymentTermBody(EntryBody):
    dictionary: Literal["payment-terms"]
    code: Text20
    due_days: Annotated[int, Field(ge=0, le=365)]


class PriceTypeBody(EntryBody):
    dictionary: Literal["price-types"]
    code: Text20
    category: Literal["price", "discount"]
    discountable: bool = False
    use_once: bool = False
    base_discount: bool = False


class PositionBody(EntryBody):
    dictionary: Literal["positions"]
    code: Text20
    description: Text255 | None = None


class CurrencyBody(EntryBody):
    dictionary: Literal["currencies"]
    code: Currency
    decimals: Annotated[int, Field(ge=0, le=3)]


class Region(Contract):
    """A region of a country."""

    code: Text10
    name: str


class CountryBody(EntryBody):
    dictionary: Literal["countries"]
    code: CountryCode
    regions: tuple[Region, ...] = ()


class DocumentTypeBody(EntryBody):
    dictionary: Literal["document-types"]
    code: Literal["ZS", "OS"]
    symbol: Text10


class PlainBody(EntryBody):
    """Customer types (B2B only), relationship types, visit types."""

    dictionary: Literal["customer-types", "relationship-types", "visit-types"]
    code: Text20


class DiscountBody(EntryBody):
    """A customer discount; neither article nor class = all articles. Applied after all list prices."""

    dictionary: Literal["customer-discounts"]
    code: Text40
    partner: Text20
    component: Text20
    article: Text40 | None = None
    article_class: Text20 | None = None
    threshold: Amount0
    percent: Percent
    valid_from: DayOrNone = None
    valid_to: DayOrNone = None


class Unit(UnitBody, CeeChange, kind="master-data"): ...


class Warehouse(WarehouseBody, CeeChange, kind="master-data"): ...


class VatRate(VatRateBody, CeeChange, kind="master-data"): ...


class PaymentForm(PaymentFormBody, CeeChange, kind="master-data"): ...


class PaymentTerm(PaymentTermBody, CeeChange, kind="master-data"): ...


class PriceType(PriceTypeBody, CeeChange, kind="master-data"): ...


class Position(PositionBody, CeeChange, kind="master-data"): ...


class CurrencyEntry(CurrencyBody, CeeChange, kind="master-data"): ...


class Country(CountryBody, CeeChange, kind="master-data"): ...


class DocumentType(DocumentTypeBody, CeeChange, kind="master-data"): ...


class Plain(PlainBody, CeeChange, kind="master-data"): ...


class Discount(DiscountBody, CeeChange, kind="master-data"):
    """`promotion_type` must be `customer` (promotion_not_supported)."""

    promotion_type: str = "customer"


Entry = Annotated[
    Unit
    | Warehouse
    | VatRate
    | PaymentForm
    | PaymentTerm
    | PriceType
    | Position
    | CurrencyEntry
    | Country
    | DocumentType
    | Plain
    | Discount,
    Field(discriminator="dictionary"),
]
