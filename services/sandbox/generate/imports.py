"""What imports into the channel need in CEE: partner templates and number ranges that go on behind what was generated."""

from __future__ import annotations

from collections.abc import Iterator

from services.sandbox.generate.plan import ORGANISATION, Batch, Plan

TEMPLATE_COLUMNS = "code customer_type currency payment_form payment_term tax_class price_class organisation"
DIGITS = 6


def imports(plan: Plan, documents: int) -> Iterator[Batch]:
    """`documents`: how many the channel has; orders and quotes are numbered together, and each channel has ranges of its own."""
    templates = [
        (f"SZAB-NIP{plan.suffix}", "HURT", plan.currency, "PRZELEW", "14D", "KRAJ", "C", ORGANISATION),
        (f"SZAB-BEZ{plan.suffix}", "DETAL", plan.currency, "GOTOWKA", "0D", "KRAJ", None, ORGANISATION),
    ]
    yield Batch("channels", "partner_template", tuple(TEMPLATE_COLUMNS.split()), templates)
    ranges = [(f"{kind}M{plan.suffix}", f"{kind}-{plan.channel}-", documents + 1, DIGITS) for kind in ("ZS", "OS")]
    if plan.first:  # further channels' partners carry their channel in the number and so never meet this range
        ranges.append(("partner", "K", plan.size.partners + 1, DIGITS))
    yield Batch("channels", "number_range", ("name", "prefix", "next", "digits"), ranges)
