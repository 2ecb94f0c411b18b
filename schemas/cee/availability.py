"""Stock as CEE states it (domain.md 3.6). Key: `<article>/<warehouse>/<owner>`. Quantities in the article's base unit."""

from __future__ import annotations

from typing import Any, ClassVar

from schemas.envelope import CeeChange, Contract
from schemas.fields import Flag, Moment, Stock, Stock0, Text20, Text40
from schemas.keys import joined


class AvailabilityBody(Contract):
    """What change and payload have in common; `as_of` is the moment the figure was true in CEE."""

    article: Text40
    warehouse: Text20
    owner: Text20
    alert_quantity: Stock | None = None
    as_of: Moment


class Availability(AvailabilityBody, CeeChange, kind="availability"):
    """CEE's figures before the reserve is taken off; the view adds what the article says about its stock."""

    available: Stock
    reserve: Stock0 | None = None
    allow_negative: Flag | None = None
    article_allow_negative: Flag | None = None
    stock_managed: Flag | None = None

    example: ClassVar[dict[str, Any]] = {
        "channel": "PL1",
        "kind": "availability",
        "key": "M-1%2F2/W1/FIRMA",
        "member": True,
        "version": 40,
        "article": "M-1/2",
        "warehouse": "W1",
        "owner": "FIRMA",
        "available": "12.000",
        "reserve": "2.000",
        "stock_managed": True,
        "alert_quantity": "5.000",
        "as_of": "2026-03-02T10:15:00.000Z",
    }

    def own_key(self) -> str:
        return joined(self.article, self.warehouse, self.owner)
