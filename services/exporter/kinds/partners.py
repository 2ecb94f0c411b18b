"""Partners: what this channel's devices get of them (domain.md 3.3). Membership and audience were decided by CEE's view."""

from __future__ import annotations

from schemas.cee.partners import Partner
from schemas.channel import Channel
from schemas.export import partners as export
from services.kernel.guard import Deactivate, Refused


def handle(change: Partner, channel: Channel) -> export.Partner | Deactivate:
    """Raises Refused currency_mismatch, field_invalid."""
    if change.status == "inactive":
        return Deactivate()
    if change.currency != channel.currency:
        raise Refused("quarantined", "currency_mismatch", value=change.currency, currency=channel.currency)
    mains = sum(address.type == "main" for address in change.addresses)
    if mains != 1:
        raise Refused("quarantined", "field_invalid", field="addresses", value=f"{mains} x main")
    for contacts in (change.contacts, *(person.contacts for person in change.contact_persons)):
        preferred = [contact.type for contact in contacts if contact.preferred]
        if len(set(preferred)) != len(preferred):
            raise Refused("quarantined", "field_invalid", field="contacts", value=f"several preferred of {', '.join(preferred)}")
    if (change.latitude is None) != (change.longitude is None):
        raise Refused("quarantined", "field_missing", field="longitude" if change.longitude is None else "latitude")
    for address in change.addresses:
        if address.country == "PL" and not _is_polish(address.postal_code):
            raise Refused("quarantined", "field_invalid", field="addresses.postal_code", value=address.postal_code)
    return export.Partner.of(change, orders_allowed=change.role == "customer" and change.status == "released")


def _is_polish(postal_code: str) -> bool:
    """NN-NNN."""
    return len(postal_code) == 6 and postal_code[2] == "-" and (postal_code[:2] + postal_code[3:]).isdecimal()
