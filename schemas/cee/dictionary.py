"""The fourteen dictionaries (domain.md 3.1): what an entry of each holds, the same in CEE's change and in a device's payload.

A new dictionary is a class here and a line in schemas/cee/master_data.py and schemas/export/master_data.py.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, Strict

from schemas.envelope import Contract
from schemas.fields import (
    CountryCode,
    CurrencyCode,
    Day,
    Flag,
    Maybe20,
    Maybe255,
    Percent,
    Text10,
    Text20,
    Text255,
)
from schemas.parts import Names

Fields = dict[str, Any]


def entry_example(dictionary: str, code: str, name: str, **fields: Any) -> Fields:
    """A whole change record of an entry."""
    head = {"channel": "PL1", "kind": "master-data", "key": f"{dictionary}/{code}", "member": True, "version": 1}
    return head | {"dictionary": dictionary, "code": code, "name": {"pl": name}, "active": True} | fields


class EntryBody(Contract):
    """What every entry has besides its code."""

    example: ClassVar[Fields]

    name: Names
    active: Flag | None = None


class UnitBody(EntryBody):
    """Conversion factors live on the article."""

    example: ClassVar[Fields] = entry_example("units", "pcs", "szt.", decimals=0)

    dictionary: Literal["units"]
    code: Text10
    decimals: Annotated[int, Strict(), Field(ge=0, le=6)]


class WarehouseBody(EntryBody):
    """Only the channel's availability warehouses."""

    example: ClassVar[Fields] = entry_example("warehouses", "W1", "Magazyn", organisation="FIRMA")

    dictionary: Literal["warehouses"]
    code: Text20
    organisation: Maybe20 = None


class VatPeriod(Contract):
    """The percentage from a day on."""

    valid_from: Day
    percent: Percent


class VatRateBody(EntryBody):
    """The rate is the one valid on the issue date; exempt = 0 %."""

    example: ClassVar[Fields] = entry_example(
        "vat-rates", "A23", "VAT 23%", country="PL", exempt=False, rates=[{"valid_from": "2011-01-01", "percent": "23.00"}]
    )

    dictionary: Literal["vat-rates"]
    code: Text10
    country: CountryCode | None = None
    exempt: Flag | None = None
    rates: tuple[VatPeriod, ...] | None = None


class PaymentFormBody(EntryBody):
    """Which one is the default stands on the rep's profile."""

    example: ClassVar[Fields] = entry_example("payment-forms", "PRZELEW", "Przelew", type="transfer")

    dictionary: Literal["payment-forms"]
    code: Text20
    type: Literal["cash", "transfer", "card", "other"]


class PaymentTermBody(EntryBody):
    """Days until an invoice is due."""

    example: ClassVar[Fields] = entry_example("payment-terms", "14D", "14 dni", due_days=14)

    dictionary: Literal["payment-terms"]
    code: Text20
    due_days: Annotated[int, Strict(), Field(ge=0, le=365)]


class PriceTypeBody(EntryBody):
    """A component of price calculation."""

    example: ClassVar[Fields] = entry_example("price-types", "RABAT", "Rabat klienta", category="discount")

    dictionary: Literal["price-types"]
    code: Text20
    category: Literal["price", "discount"]
    discountable: Flag | None = None
    use_once: Flag | None = None
    base_discount: Flag | None = None


class PositionBody(EntryBody):
    """The occupation of a contact person."""

    example: ClassVar[Fields] = entry_example("positions", "KIER", "Kierownik", description="Kierownik sklepu")

    dictionary: Literal["positions"]
    code: Text20
    description: Maybe255 = None


class CurrencyBody(EntryBody):
    """`decimals`: the number of decimals of all amounts."""

    example: ClassVar[Fields] = entry_example("currencies", "PLN", "Złoty", decimals=2)

    dictionary: Literal["currencies"]
    code: CurrencyCode
    decimals: Annotated[int, Strict(), Field(ge=0, le=3)]


class Region(Contract):
    """A region of a country."""

    code: Text10
    name: Text255


class CountryBody(EntryBody):
    """ISO alpha-2."""

    example: ClassVar[Fields] = entry_example("countries", "PL", "Polska", regions=[{"code": "12", "name": "małopolskie"}])

    dictionary: Literal["countries"]
    code: CountryCode
    regions: tuple[Region, ...] | None = None


class DocumentTypeBody(EntryBody):
    """The rep's profile may replace the symbol."""

    example: ClassVar[Fields] = entry_example("document-types", "ZS", "Zamówienie sprzedaży", symbol="ZS")

    dictionary: Literal["document-types"]
    code: Literal["ZS", "OS"]
    symbol: Text10


class PlainBody(EntryBody):
    """Customer types (B2B only), relationship types, visit types."""

    example: ClassVar[Fields] = entry_example("customer-types", "DETAL", "Detal")

    dictionary: Literal["customer-types", "relationship-types", "visit-types"]
    code: Text20
