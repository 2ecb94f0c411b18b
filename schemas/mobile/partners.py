"""Partners as a device sends them (domain.md 4.1): new ones, edits, removals."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from schemas.envelope import Contract
from schemas.fields import Latitude, Longitude, Maybe20, Maybe60, Text20, Text120
from schemas.mobile.envelope import Upload
from schemas.parts import Address, Contact, ContactPerson

# CEE's own fields (domain.md 4.1, and what else 3.3 has): what a device says of them changes nothing
CEE_OWNED = (
    *("status", "customer_type", "currency", "payer", "payment_form", "payment_term", "credit_limit", "open_balance", "reps"),
    *("price_class", "tax_class", "relationships", "category", "attributes"),
)


class PartnerFields(Contract):
    """What a device may say of a partner. A field that is absent was not edited, one that is null was emptied; lists are whole."""

    name: Text120 | None = None
    matchcode: Maybe60 = None
    legal_kind: Literal["organisation", "person"] | None = None
    role: Literal["customer", "prospect"] | None = None
    tax_id: Maybe20 = None
    addresses: Annotated[tuple[Address, ...], Field(min_length=1, max_length=50)] | None = None
    contacts: Annotated[tuple[Contact, ...], Field(max_length=30)] | None = None
    contact_persons: Annotated[tuple[ContactPerson, ...], Field(max_length=50)] | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class Partner(PartnerFields, Upload, kind="partners"):
    """`number` empty: the whole partner, new or not yet known by its number. Else an edit: its edited fields, and in `base` their
    values (a list: the whole list) as the device last received them, with `base_version`. Fields of CEE are ignored."""

    number: Text20 | None = None
    base: PartnerFields | None = None
    status: Any = None
    customer_type: Any = None
    currency: Any = None
    payer: Any = None
    payment_form: Any = None
    payment_term: Any = None
    credit_limit: Any = None
    open_balance: Any = None
    reps: Any = None
    price_class: Any = None
    tax_class: Any = None
    relationships: Any = None
    category: Any = None
    attributes: Any = None

    example: ClassVar[dict[str, Any]] = {
        "channel": "PL1",
        "kind": "partners",
        "source_id": "5d0c5f5e-7a43-4d0f-9d7d-0a6f0f0f1a01",
        "revision": 1,
        "op": "upsert",
        "client": "device",
        "device_id": "d-7",
        "db_epoch": "c7a9a0c2-53c4-4a4b-b0f7-6f3a4d7c9e10",
        "rep": "R1",
        "sent_at": "2026-03-02T10:15:00.000Z",
        "name": "Sklep Żelazny Śrubka",
        "legal_kind": "organisation",
        "role": "customer",
        "tax_id": "1234563218",
        "addresses": [
            {
                "id": "8b1c2a8e-0a3b-4c55-9d0e-1b2c3d4e5f61",
                "type": "main",
                "street": "Krótka",
                "house": "3",
                "postal_code": "30-002",
                "city": "Kraków",
                "country": "PL",
            }
        ],
        "contacts": [{"id": "9c1c2a8e-0a3b-4c55-9d0e-1b2c3d4e5f62", "type": "mobile", "value": "+48 600 100 200", "preferred": True}],
    }
