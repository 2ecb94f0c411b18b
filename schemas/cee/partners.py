"""Partners as CEE states them (domain.md 3.3). Key: the partner's number."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from schemas.envelope import CeeChange, Contract
from schemas.fields import CurrencyCode, Figure, Figure0, Flag, Latitude, Longitude, Maybe20, Maybe40, Maybe60, Text20, Text120
from schemas.keys import escape
from schemas.parts import Address, Attribute, Contact, ContactPerson, Relationship


class PartnerBody(Contract):
    """What change and payload have in common. `reps` empty = all reps of the channel, `payer` empty = the partner itself."""

    number: Text20
    name: Text120
    matchcode: Maybe60 = None
    legal_kind: Literal["organisation", "person"]
    role: Literal["customer", "prospect"]
    status: Literal["blocked", "released", "inactive"]
    tax_id: Maybe20 = None
    customer_type: Text20
    currency: CurrencyCode
    tax_class: Text20
    price_class: Maybe20 = None
    addresses: Annotated[tuple[Address, ...], Field(min_length=1, max_length=50)]
    contacts: Annotated[tuple[Contact, ...], Field(max_length=30)] | None = None
    contact_persons: Annotated[tuple[ContactPerson, ...], Field(max_length=50)] | None = None
    payer: Maybe20 = None
    payment_form: Text20
    payment_term: Text20
    credit_limit: Figure0 | None = None
    open_balance: Figure | None = None
    reps: Annotated[tuple[Text20, ...], Field(max_length=50)] | None = None
    relationships: Annotated[tuple[Relationship, ...], Field(max_length=50)] | None = None
    category: Maybe40 = None
    attributes: Annotated[tuple[Attribute, ...], Field(max_length=100)] | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class Partner(PartnerBody, CeeChange, kind="partners"):
    """`assigned` is part of the view's `member`; false = the partner left the channel."""

    assigned: Flag | None = None

    example: ClassVar[dict[str, Any]] = {
        "channel": "PL1",
        "kind": "partners",
        "key": "K-100",
        "member": True,
        "version": 7,
        "changed_at": "2026-03-02T10:15:00.000Z",
        "audience": ["R1"],
        "number": "K-100",
        "name": "Sklep Narzędziowy Młotek",
        "legal_kind": "organisation",
        "role": "customer",
        "status": "released",
        "tax_id": "1234563218",
        "customer_type": "DETAL",
        "currency": "PLN",
        "tax_class": "KRAJ",
        "addresses": [
            {
                "id": "6f1c2a8e-0a3b-4c55-9d0e-1b2c3d4e5f60",
                "type": "main",
                "street": "Długa",
                "house": "7",
                "postal_code": "30-001",
                "city": "Kraków",
                "country": "PL",
            }
        ],
        "contacts": [{"id": "7a1c2a8e-0a3b-4c55-9d0e-1b2c3d4e5f60", "type": "phone", "value": "+48 12 345 67 89", "preferred": True}],
        "payment_form": "PRZELEW",
        "payment_term": "14D",
        "credit_limit": "5000.00",
        "reps": ["R1"],
    }

    def own_key(self) -> str:
        return escape(self.number)
