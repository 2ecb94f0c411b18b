"""Entries of the dictionaries as CEE states them (domain.md 3.1), one record per entry. Key: `<dictionary>/<code>`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from schemas.cee.dictionary import (
    CountryBody,
    CurrencyBody,
    DocumentTypeBody,
    PaymentFormBody,
    PaymentTermBody,
    PlainBody,
    PositionBody,
    PriceTypeBody,
    UnitBody,
    VatRateBody,
    WarehouseBody,
)
from schemas.cee.discount import DiscountBody
from schemas.envelope import CeeChange
from schemas.keys import joined


class EntryChange(CeeChange, kind="master-data"):
    """A change of one entry; which dictionary's, says the class."""

    dictionary: str
    code: str

    example: ClassVar[dict[str, Any]]

    def own_key(self) -> str:
        return joined(self.dictionary, self.code)


class Unit(UnitBody, EntryChange): ...


class Warehouse(WarehouseBody, EntryChange): ...


class VatRate(VatRateBody, EntryChange): ...


class PaymentForm(PaymentFormBody, EntryChange): ...


class PaymentTerm(PaymentTermBody, EntryChange): ...


class PriceType(PriceTypeBody, EntryChange): ...


class Position(PositionBody, EntryChange): ...


class Currency(CurrencyBody, EntryChange): ...


class Country(CountryBody, EntryChange): ...


class DocumentType(DocumentTypeBody, EntryChange): ...


class Plain(PlainBody, EntryChange): ...


class Discount(DiscountBody, EntryChange):
    """`promotion_type` must be `customer` (promotion_not_supported)."""

    promotion_type: str

    example: ClassVar[dict[str, Any]] = DiscountBody.example | {"promotion_type": "customer"}


CHANGES = (
    Unit,
    Warehouse,
    VatRate,
    PaymentForm,
    PaymentTerm,
    PriceType,
    Position,
    Currency,
    Country,
    DocumentType,
    Plain,
    Discount,
)
Entry = Annotated[
    Unit | Warehouse | VatRate | PaymentForm | PaymentTerm | PriceType | Position | Currency | Country | DocumentType | Plain | Discount,
    Field(discriminator="dictionary"),
]
