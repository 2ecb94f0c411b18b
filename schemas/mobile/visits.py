"""Visits as a device or the back-office app sends them (domain.md 4.4). The device owns them: they never travel back."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from schemas.envelope import Contract
from schemas.fields import Flag, Maybe4000, Moment, PartnerRef, Text20, Text40, Text120, Uuid
from schemas.mobile.envelope import Upload


class VisitFields(Contract):
    """What an upload and the record to write have in common. `address` empty: the partner's main address."""

    number: Text40
    name: Text120
    visit_type: Text20
    address: Uuid | None = None
    planned_start: Moment
    planned_end: Moment
    all_day: Flag
    actual_start: Moment | None = None
    priority: Literal["low", "normal", "high"] = "normal"
    description: Maybe4000 = None


class Visit(VisitFields, Upload, kind="visits"):
    """`partner`: a number, or the source_id of a new partner. Only an `appointment` is a visit; `canceled` is read as `rejected`."""

    action_type: Literal["appointment", "task", "contact"]
    partner: PartnerRef
    status: Literal["unconfirmed", "confirmed", "completed", "rejected", "pending", "suspended", "canceled"]

    example: ClassVar[dict[str, Any]] = {
        "channel": "PL1",
        "kind": "visits",
        "source_id": "5d0c5f5e-7a43-4d0f-9d7d-0a6f0f0f1a04",
        "revision": 1,
        "client": "management",
        "client_id": "c-1",
        "rep": "R1",
        "number": "V-12",
        "name": "Prezentacja narzędzi",
        "action_type": "appointment",
        "visit_type": "HANDLOWA",
        "partner": "K-100",
        "planned_start": "2026-03-09T08:00:00.000Z",
        "planned_end": "2026-03-09T09:00:00.000Z",
        "all_day": False,
        "priority": "high",
        "status": "confirmed",
    }
