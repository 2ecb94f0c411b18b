"""Sales reps as a device receives them (domain.md 3.2)."""

from __future__ import annotations

from typing import Any

from schemas.cee.sales_reps import RepBody
from schemas.envelope import Export, Reference
from schemas.keys import entry


class SalesRep(RepBody, Export, kind="sales-reps", leaves="deactivate", stub=("number", "first_name", "last_name")):
    """`visits_allowed`: the rep is a user of CEE."""

    visits_allowed: bool

    @classmethod
    def needs(cls, body: dict[str, Any]) -> list[Reference]:
        profile = body["profile"]
        found = [entry("warehouses", code) for code in profile["warehouses"]]
        return found + [entry("payment-forms", form["payment_form"]) for form in profile["payment_forms"]]
