"""Sales reps as CEE states them (domain.md 3.2). Key: the rep's partner number. The view computes the profile."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from schemas.envelope import CeeChange, Contract
from schemas.fields import Day, Flag, Maybe20, Maybe60, Percent, Position, Text10, Text20, Text60
from schemas.keys import escape
from schemas.parts import Place, Reach


class ProfileList(Contract):
    """A price list of the profile and its priority among equals."""

    list: Text20
    priority: Position


class ProfilePayment(Contract):
    """A payment form the rep may use; exactly one is the default."""

    payment_form: Text20
    default: Flag | None = None


class Symbols(Contract):
    """What the document types are called in the rep's document numbers; empty = as the dictionary says."""

    ZS: Text10 | None = None
    OS: Text10 | None = None


class Profile(Contract):
    """The device's working settings (domain.md 2), kept per channel."""

    warehouses: Annotated[tuple[Text20, ...], Field(min_length=1, max_length=50)]
    price_lists: tuple[ProfileList, ...] | None = None
    payment_forms: Annotated[tuple[ProfilePayment, ...], Field(min_length=1)]
    max_discount: Percent
    hq_documents: Literal["none", "ZS", "OS", "both"]
    symbols: Symbols | None = None
    series: Text10


class RepBody(Contract):
    """What change and payload have in common."""

    number: Text20
    first_name: Maybe60 = None
    last_name: Text60
    matchcode: Maybe60 = None
    organisations: Annotated[tuple[Text20, ...], Field(min_length=1)]
    contacts: Annotated[tuple[Reach, ...], Field(max_length=30)] | None = None
    active: Flag
    profile: Profile


class SalesRep(RepBody, CeeChange, kind="sales-reps"):
    """`cee_user` is needed for visits; `employer` must be the channel's sales organisation."""

    valid_from: Day
    home_address: Place
    responsible_organisation: Text20
    responsible_employee: Maybe20 = None
    sales_rep: Flag | None = None
    employer: Text20
    cee_user: Maybe60 = None

    example: ClassVar[dict[str, Any]] = {
        "channel": "PL1",
        "kind": "sales-reps",
        "key": "R1",
        "member": True,
        "version": 4,
        "number": "R1",
        "first_name": "Anna",
        "last_name": "Łęcka",
        "valid_from": "2024-01-01",
        "home_address": {"street": "Polna", "house": "1", "postal_code": "00-001", "city": "Warszawa", "country": "PL"},
        "responsible_organisation": "FIRMA",
        "sales_rep": True,
        "organisations": ["FIRMA"],
        "employer": "FIRMA",
        "contacts": [{"type": "mobile", "value": "+48 600 700 800"}],
        "active": True,
        "cee_user": "ALECKA",
        "profile": {
            "warehouses": ["W1"],
            "price_lists": [{"list": "DETAL", "priority": 1}],
            "payment_forms": [{"payment_form": "PRZELEW", "default": True}, {"payment_form": "GOTOWKA"}],
            "max_discount": "10.00",
            "hq_documents": "both",
            "symbols": {"ZS": "ZS", "OS": "OS"},
            "series": "001",
        },
    }

    def own_key(self) -> str:
        return escape(self.number)
