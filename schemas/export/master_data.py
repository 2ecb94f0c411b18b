"""Entries of the dictionaries as a device receives them (domain.md 3.1)."""

from __future__ import annotations

from typing import Any

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
from schemas.envelope import Export, Reference
from schemas.keys import entry, escape


class Entry(Export, kind="master-data", leaves="delete"):
    """Base of all dictionaries' entries; only customer discounts need other records first."""

    @classmethod
    def needs(cls, body: dict[str, Any]) -> list[Reference]:
        if body["dictionary"] != "customer-discounts":
            return []
        return [("partners", escape(body["partner"])), entry("price-types", body["component"])]


class Unit(UnitBody, Entry): ...


class Warehouse(WarehouseBody, Entry): ...


class VatRate(VatRateBody, Entry): ...


class PaymentForm(PaymentFormBody, Entry): ...


class PaymentTerm(PaymentTermBody, Entry): ...


class PriceType(PriceTypeBody, Entry): ...


class Position(PositionBody, Entry): ...


class Currency(CurrencyBody, Entry): ...


class Country(CountryBody, Entry): ...


class DocumentType(DocumentTypeBody, Entry): ...


class Plain(PlainBody, Entry): ...


class Discount(DiscountBody, Entry): ...


BY_DICTIONARY: dict[str, type[Entry]] = {
    "units": Unit,
    "warehouses": Warehouse,
    "vat-rates": VatRate,
    "payment-forms": PaymentForm,
    "payment-terms": PaymentTerm,
    "price-types": PriceType,
    "positions": Position,
    "currencies": Currency,
    "countries": Country,
    "document-types": DocumentType,
    "customer-types": Plain,
    "relationship-types": Plain,
    "visit-types": Plain,
    "customer-discounts": Discount,
}
