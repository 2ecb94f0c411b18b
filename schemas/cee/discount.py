"""Customer discounts (domain.md 3.1): the one dictionary whose entries need other records, a partner and a price type."""

from __future__ import annotations

from typing import ClassVar, Literal

from schemas.cee.dictionary import EntryBody, Fields, entry_example
from schemas.fields import Day, Figure0, Maybe20, Maybe40, Percent, Text20, Text40


class DiscountBody(EntryBody):
    """A customer discount, applied after all list prices; neither article nor class = all articles; threshold 0 = always."""

    example: ClassVar[Fields] = entry_example(
        "customer-discounts",
        "8812",
        "Rabat na młotki",
        partner="K-100",
        component="RABAT",
        article="M-1/2",
        threshold="10.000",
        percent="3.50",
        valid_from="2026-01-01",
    )

    dictionary: Literal["customer-discounts"]
    code: Text40
    partner: Text20
    component: Text20
    article: Maybe40 = None
    article_class: Maybe20 = None
    threshold: Figure0
    percent: Percent
    valid_from: Day | None = None
    valid_to: Day | None = None
