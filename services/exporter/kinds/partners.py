"""Partners: what this channel's devices get of them (domain.md 3.3). Membership and audience were decided by CEE's view."""

from __future__ import annotations

import re
from collections.abc import Sequence

from schemas.cee.partners import Partner
from schemas.channel import Channel
from schemas.export import partners as export
from schemas.parts import Address, Contact
from services.kernel.guard import Deactivate, Refused

POSTAL_CODES = {"PL": re.compile(r"[0-9]{2}-[0-9]{3}")}


def handle(change: Partner, channel: Channel) -> export.Partner | Deactivate:
    """Raises Refused currency_mismatch, field_invalid, field_missing."""
    if change.assigned is False or change.status == "inactive":
        return Deactivate()
    if change.currency != channel.currency:
        raise Refused("quarantined", "currency_mismatch", value=change.currency, currency=channel.currency)
    _check_addresses(change.addresses)
    if change.contacts:
        _check_contacts(change.contacts, "contacts")
    for place, person in enumerate(change.contact_persons or ()):
        _check_contacts(person.contacts or (), f"contact_persons[{place}].contacts")
    if (change.latitude is None) != (change.longitude is None):
        raise Refused("quarantined", "field_missing", field="longitude" if change.longitude is None else "latitude")
    return export.Partner.of(change, orders_allowed=change.role == "customer" and change.status == "released")


def _check_addresses(addresses: Sequence[Address]) -> None:
    """Exactly one main address; postal codes as their country writes them, where that is known."""
    mains = 0
    for place, address in enumerate(addresses):
        mains += address.type == "main"
        pattern = POSTAL_CODES.get(address.country)
        if pattern and not pattern.fullmatch(address.postal_code):
            raise Refused("quarantined", "field_invalid", field=f"addresses[{place}].postal_code", value=address.postal_code)
    if not mains:
        raise Refused("quarantined", "field_missing", field="addresses.main")
    if mains > 1:
        raise Refused("quarantined", "field_invalid", field="addresses", value=f"{mains} x main")


def _check_contacts(contacts: Sequence[Contact], field: str) -> None:
    """At most one preferred of a type."""
    preferred: set[str] = set()
    for place, contact in enumerate(contacts):
        if contact.preferred:
            if contact.type in preferred:
                raise Refused("quarantined", "field_invalid", field=f"{field}[{place}].preferred", value="true")
            preferred.add(contact.type)
