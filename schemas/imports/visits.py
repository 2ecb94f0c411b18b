"""Visits as they are to be written to CEE (domain.md 4.4)."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from schemas.fields import Text20, Uuid
from schemas.imports.envelope import Import
from schemas.mobile import visits as mobile
from schemas.mobile.visits import VisitFields


class Visit(VisitFields, Import, kind="visits"):
    """An appointment; its partner is named by `partner` or by `partner_source_id`. All-day ones span whole days of the channel."""

    partner: Text20 | None = None
    partner_source_id: Uuid | None = None
    status: Literal["unconfirmed", "confirmed", "completed", "rejected", "pending", "suspended"]

    example: ClassVar[dict[str, Any]] = {
        **{name: value for name, value in mobile.Visit.example.items() if name != "action_type"},
        "op": "upsert",
    }
