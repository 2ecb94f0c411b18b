"""Sales reps with their working settings (domain.md 2 and 3.2)."""

from __future__ import annotations

from decimal import Decimal

from schemas.cee.sales_reps import Profile, SalesRep
from schemas.channel import Channel
from schemas.export import sales_reps as export
from services.kernel.guard import Deactivate, Refused


def handle(change: SalesRep, channel: Channel) -> export.SalesRep | Deactivate:
    """Raises Refused rep_employer_mismatch, field_missing, field_invalid."""
    if change.sales_rep is False:
        return Deactivate()
    if change.employer != channel.sales_organisation:
        raise Refused("quarantined", "rep_employer_mismatch", rep=change.number)
    _check_profile(change.profile, channel)
    return export.SalesRep.of(change, visits_allowed=change.cee_user is not None)


def _check_profile(profile: Profile, channel: Channel) -> None:
    """Exactly one default payment form; no more discount than the channel permits."""
    defaults = sum(form.default is True for form in profile.payment_forms)
    if not defaults:
        raise Refused("quarantined", "field_missing", field="profile.payment_forms.default")
    if defaults > 1:
        raise Refused("quarantined", "field_invalid", field="profile.payment_forms", value=f"{defaults} x default")
    if Decimal(profile.max_discount) > Decimal(channel.max_user_discount):
        raise Refused("quarantined", "field_invalid", field="profile.max_discount", value=profile.max_discount)
