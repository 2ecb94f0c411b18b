"""Partners: what this channel's devices get of them (domain.md 3.3). Membership and audience were decided by CEE's view."""

from __future__ import annotations

from schemas.cee.partners import Partner
from schemas.channel import Channel
from schemas.export import partners as export
from schemas.partner_rules import address_defect, contact_defect
from services.kernel.guard import Deactivate, Refused


def handle(change: Partner, channel: Channel) -> export.Partner | Deactivate:
    """Raises Refused currency_mismatch, field_invalid, field_missing."""
    if change.assigned is False or change.status == "inactive":
        return Deactivate()
    if change.currency != channel.currency:
        raise Refused("quarantined", "currency_mismatch", value=change.currency, currency=channel.currency)
    defect = address_defect(change.addresses) or contact_defect(change.contacts or (), change.contact_persons or ())
    if defect:
        raise Refused("quarantined", defect.code, **defect.params)
    if (change.latitude is None) != (change.longitude is None):
        raise Refused("quarantined", "field_missing", field="longitude" if change.longitude is None else "latitude")
    return export.Partner.of(change, orders_allowed=change.role == "customer" and change.status == "released")
