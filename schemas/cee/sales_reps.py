"""Sales reps as CEE states them (domain.md 3.2). Key: the rep's partner number. The view computes the profile."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import CeeChange, Contract
from schemas.parts import DayOrNone, Percent, RepContact, Text10, Text20, Text60


class ProfileList(Contract):
    """A price list of the profile and its priority among equals."""

    list: Text20
    priority: Annotated[int, Field(ge=1)]


class ProfilePayment(Contract):
    """A payment form the rep may use."""

    payment_form: Text20
    default: bool = False


class Profile(Contract):
    """The device's working settings (domain.md 2), kept per channel."""

    warehouses: Annotated[tuple[Text20, ...], Field(min_length=1, max_length=50)]
    price_lists: tuple[ProfileList, ...] = ()
    payment_forms: tuple[ProfilePayment, ...] = ()
    max_discount: Percent
    hq_documents: Literal["none", "ZS", "OS", "both"]
    symbols: Annotated[dict[Literal["ZS", "OS"], Text10], Field(default_factory=dict)]
    series: Text10


class RepBody(Contract):
    """What change and payload have in common."""

    number: Text20
    first_name: Text60 | None = None
    last_name: Text60
    matchcode: Text60 | None = None
    organisations: Annotated[tuple[Text20, ...], Field(min_length=1)]
    contacts: Annotated[tuple[RepContact, ...], Field(max_length=30)] = ()
    active: bool = True


class HomeAddress(Contract):
    """Not sent to devices."""

    street: str | None = None
    house: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None


class SalesRep(RepBody, CeeChange, kind="sales-reps"):
    """`cee_user` is needed for visits; `employer` must be the channel's sales organisation."""

    valid_from: DayOrNone = None
    home_address: HomeAddress | None = None
    responsible_organisation: Text20 | None = None
    responsible_employee: Text20 | None = None
    sales_rep: bool = True
    employer: Text20
    cee_user: Text60 | None = None
    profile: Profile
