"""Partners as CEE states them (domain.md 3.3). Key: the partner's number."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import CeeChange, Contract
from schemas.parts import (
    Address,
    Amount,
    Amount0,
    Attribute,
    Contact,
    ContactPerson,
    Currency,
    Latitude,
    Longitude,
    Relationship,
    Text20,
    Text60,
    Text120,
)


class PartnerBody(Contract):
    """What change and payload have in common."""

    number: Text20
    name: Text120
    matchcode: Text60 | None = None
    legal_kind: Literal["organisation", "person"]
    role: Literal["customer", "prospect"]
    status: Literal["blocked", "released", "inactive"]
    tax_id: Text20 | None = None
    customer_type: Text20
    currency: Currency
    tax_class: Text20
    price_class: Text20 | None = None
    addresses: Annotated[tuple[Address, ...], Field(min_length=1, max_length=50)]
    contacts: Annotated[tuple[Contact, ...], Field(max_length=30)] = ()
    contact_persons: Annotated[tuple[ContactPerson, ...], Field(max_length=50)] = ()
    payer: Text20 | None = None
    payment_form: Text20
    payment_term: Text20
    credit_limit: Amount0 | None = None
    open_balance: Amount | None = None
    reps: Annotated[tuple[Text20, ...], Field(max_length=50)] = ()
    relationships: Annotated[tuple[Relationship, ...], Field(max_length=50)] = ()
    category: str | None = None
    attributes: Annotated[tuple[Attribute, ...], Field(max_length=100)] = ()
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class Partner(PartnerBody, CeeChange, kind="partners"):
    """A partner assigned to the channel, or one that was (`member` false)."""

    assigned: bool = True
