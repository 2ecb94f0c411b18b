"""Parts of records that several kinds share (domain.md 3): names in three languages, addresses, contacts, attributes."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemas.envelope import Contract
from schemas.fields import (
    CountryCode,
    Flag,
    Maybe10,
    Maybe20,
    Maybe60,
    Maybe255,
    Text12,
    Text20,
    Text60,
    Text80,
    Text254,
    Text2000,
    Uuid,
)


class _Names(Contract):
    @model_validator(mode="after")
    def _one_filled(self) -> Self:
        if not any(self.__dict__.values()):
            raise PydanticCustomError("missing", "at least one of pl, de, en must be filled")
        return self


class Names(_Names):
    """A name in up to three languages, at least one filled."""

    pl: Maybe60 = None
    de: Maybe60 = None
    en: Maybe60 = None


class LongNames(_Names):
    """An article's name: up to 255 characters."""

    pl: Maybe255 = None
    de: Maybe255 = None
    en: Maybe255 = None


class Place(Contract):
    """Where somebody lives; the postal code is checked by country where the rule is known (PL: NN-NNN)."""

    street: Text80
    house: Maybe20 = None
    postal_code: Text12
    city: Text60
    region: Maybe10 = None
    country: CountryCode


class Address(Place):
    """One address of a partner."""

    id: Uuid
    type: Literal["main", "delivery", "correspondence", "invoice"]


class Reach(Contract):
    """A way to reach somebody."""

    type: Literal["phone", "mobile", "email", "url", "fax"]
    value: Text254


class Contact(Reach):
    """A way to reach a partner or a contact person; at most one of a type is preferred."""

    id: Uuid
    preferred: Flag | None = None


class ContactPerson(Contract):
    """A person at a partner; the favourite mark stays on the device."""

    id: Uuid
    number: Maybe20 = None
    last_name: Text60
    first_name: Maybe60 = None
    position: Maybe20 = None
    contacts: Annotated[tuple[Contact, ...], Field(max_length=30)] | None = None


class Attribute(Contract):
    """A free attribute of an article or partner; read-only on the device."""

    name: Text60
    type: Literal["text", "url", "number", "list", "date"]
    value: Text2000


class Relationship(Contract):
    """Another partner this one has to do with; for information only."""

    type: Text20
    partner: Text20
