"""Stock as CEE states it (domain.md 3.6). Key: `<article>/<warehouse>/<owner>`."""

from __future__ import annotations

from datetime import datetime

from schemas.envelope import CeeChange, Contract
from schemas.parts import Stock, Stock0, Text20, Text40


class AvailabilityBody(Contract):
    """What change and payload have in common."""

    article: Text40
    warehouse: Text20
    owner: Text20
    alert_quantity: Stock | None = None
    as_of: datetime


class Availability(AvailabilityBody, CeeChange, kind="availability"):
    """CEE's figures before the reserve is taken off; the view adds what the article says about its stock."""

    available: Stock
    reserve: Stock0 = "0"
    allow_negative: bool | None = None
    article_allow_negative: bool | None = None
    stock_managed: bool = True
