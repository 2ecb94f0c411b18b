"""Field types and parts that several kinds share (domain.md 3): texts, exact decimals, addresses, contacts, attributes.

Decimals stay the text they came as: they are checked by a pattern, and no rounding can creep in on the way.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from schemas.envelope import Contract

Text10 = Annotated[str, StringConstraints(min_length=1, max_length=10)]
Text20 = Annotated[str, StringConstraints(min_length=1, max_length=20)]
Text30 = Annotated[str, StringConstraints(min_length=1, max_length=30)]
Text40 = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Text60 = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Text100 = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Text120 = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Text254 = Annotated[str, StringConstraints(min_length=1, max_length=254)]
Text255 = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Text500 = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Text1000 = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Text2000 = Annotated[str, StringConstraints(min_length=1, max_length=2000)]

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


def _above_zero(text: str) -> str:
    if not text.strip("0."):
        raise ValueError("must be above zero")
    return text


Percent = Annotated[str, StringConstraints(pattern=r"^(100(\.0{1,2})?|\d{1,2}(\.\d{1,2})?)$")]
Amount = Annotated[str, StringConstraints(pattern=r"^-?\d{1,12}(\.\d{1,3})?$")]  # decimal(15, decimals of the currency)
Amount0 = Annotated[str, StringConstraints(pattern=r"^\d{1,12}(\.\d{1,3})?$")]  # the same, not below zero
Price = Annotated[str, StringConstraints(pattern=r"^\d{1,11}(\.\d{1,4})?$")]  # decimal(15,4) >= 0
Stock = Annotated[str, StringConstraints(pattern=r"^-?\d{1,15}(\.\d{1,3})?$")]  # decimal(18,3)
Stock0 = Annotated[str, StringConstraints(pattern=r"^\d{1,15}(\.\d{1,3})?$")]
Quantity = Annotated[Stock0, AfterValidator(_above_zero)]
PriceUnit = Annotated[Amount0, AfterValidator(_above_zero)]
Factor = Annotated[str, StringConstraints(pattern=r"^\d{1,12}(\.\d{1,6})?$"), AfterValidator(_above_zero)]
Latitude = Annotated[str, StringConstraints(pattern=r"^-?(90(\.0{1,6})?|[0-8]?\d(\.\d{1,6})?)$")]
Longitude = Annotated[str, StringConstraints(pattern=r"^-?(180(\.0{1,6})?|(1[0-7]\d|\d{1,2})(\.\d{1,6})?)$")]
DayOrNone = date | None


class _Names(Contract):
    @model_validator(mode="after")
    def _one_filled(self) -> Any:
        if not any(self.__dict__.values()):
            raise ValueError("at least one of pl, de, en must be filled")
        return self


class Names(_Names):
    """A name in up to three languages, at least one filled."""

    pl: Text60 | None = None
    de: Text60 | None = None
    en: Text60 | None = None


class LongNames(_Names):
    """An article's name: up to 255 characters."""

    pl: Text255 | None = None
    de: Text255 | None = None
    en: Text255 | None = None


class Address(Contract):
    """One address of a partner."""

    id: UUID
    type: Literal["main", "delivery", "correspondence", "invoice"]
    street: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    house: Text20 | None = None
    postal_code: Annotated[str, StringConstraints(min_length=1, max_length=12)]
    city: Text60
    region: Text10 | None = None
    country: CountryCode


class RepContact(Contract):
    """A way to reach a rep."""

    type: Literal["phone", "mobile", "email", "url", "fax"]
    value: Text254


class Contact(RepContact):
    """A way to reach a partner or a contact person."""

    id: UUID
    preferred: bool = False


class ContactPerson(Contract):
    """A person at a partner; the favourite mark stays on the device."""

    id: UUID
    number: Text20 | None = None
    last_name: Text60
    first_name: Text60 | None = None
    position: Text20 | None = None
    contacts: Annotated[tuple[Contact, ...], Field(max_length=30)] = ()


class Attribute(Contract):
    """A free attribute of an article or partner; read-only on the device."""

    name: Text60
    type: Literal["text", "url", "number", "list", "date"]
    value: Text2000


class Relationship(Contract):
    """For information only."""

    type: Text20
    partner: Text20


def escape(code: str) -> str:
    """A code as part of a key (domain.md 5)."""
    return code.replace("%", "%25").replace("/", "%2F")


def entry(dictionary: str, code: str) -> tuple[str, str]:
    """The reference to a dictionary's entry."""
    return "master-data", f"{dictionary}/{escape(code)}"
