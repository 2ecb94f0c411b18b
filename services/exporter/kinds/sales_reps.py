"""Sales reps with their working settings (domain.md 2 and 3.2)."""

from __future__ import annotations

from decimal import Decimal

from schemas.cee.sales_reps import SalesRep
from schemas.channel import Channel
from schemas.export import sales_reps as export
from services.kernel.guard import Refused


def handle(change: SalesRep, channel: Channel) -> export.SalesRep:
    """Raises Refused rep_employer_mismatch, field_missing, field_invalid."""
    if change.employer != channel.sales_organisation:
        raise Refused("quarantined", "rep_employer_mismatch", rep=change.number)
    if change.valid_from is None:
        raise Refused("quarantined", "field_missing", field="valid_from")
    profile = change.profile
    defaults = sum(form.default for form in profile.payment_forms)
    if defaults != 1:
        raise Refused("quarantined", "field_invalid", field="profile.payment_forms", value=f"{defaults} defaults")
    if Decimal(profile.max_discount) > Decimal(channel.max_user_discount):
        raise Refused("quarantined", "field_invalid", field="profile.max_discount", value=profile.max_discount)
    return export.SalesRep.of(change, visits_allowed=bool(change.cee_user))
