"""Dictionary entries as a device receives them (domain.md 3.1)."""

from __future__ import annotations

from typing import Any

from schemas.cee import master_data as cee
from schemas.envelope import Export, Reference
from schemas.parts import entry, escape


class Entry(Export, kind="master-data", leaves="delete"):
    """Base of all dictionaries' entries; only customer discounts need other records first."""

    @classmethod
    def needs(cls, body: dict[str, Any]) -> list[Reference]:
        if body["dictionary"] != "customer-discounts":
            return []
        return [("partners", escape(body["partner"])), entry("price-types", body["component"])]


class Unit(cee.UnitBody, Entry): ...


class Warehouse(cee.WarehouseBody, Entry): ...


class VatRate(cee.VatRateBody, Entry): ...


class PaymentForm(cee.PaymentFormBody, Entry): ...


class PaymentTerm(cee.PaymentTermBody, Entry): ...


class PriceType(cee.PriceTypeBody, Entry): ...


class Position(cee.PositionBody, Entry): ...


class CurrencyEntry(cee.CurrencyBody, Entry): ...


class Country(cee.CountryBody, Entry): ...


class DocumentType(cee.DocumentTypeBody, Entry): ...


class Plain(cee.PlainBody, Entry): ...


class Discount(cee.DiscountBody, Entry): ...


BY_DICTIONARY: dict[str, type[Entry]] = {
    "units": Unit,
    "warehouses": Warehouse,
    "vat-rates": VatRate,
    "payment-forms": PaymentForm,
    "payment-terms": PaymentTerm,
    "price-types": PriceType,
    "positions": Position,
    "currencies": CurrencyEntry,
    "countries": Country,
    "document-types": DocumentType,
    "customer-types": Plain,
    "relationship-types": Plain,
    "visit-types": Plain,
    "customer-discounts": Discount,
}
