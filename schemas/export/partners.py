"""Partners as a device receives them (domain.md 3.3)."""

from __future__ import annotations

from typing import Any

from schemas.cee.partners import PartnerBody
from schemas.envelope import Export, Reference
from schemas.keys import entry, escape


class Partner(PartnerBody, Export, kind="partners", leaves="deactivate", stub=("number", "name")):
    """`orders_allowed`: role customer and status released."""

    orders_allowed: bool

    @classmethod
    def needs(cls, body: dict[str, Any]) -> list[Reference]:
        found = [
            entry("customer-types", body["customer_type"]),
            entry("payment-forms", body["payment_form"]),
            entry("payment-terms", body["payment_term"]),
        ]
        found += [entry("countries", country) for country in sorted({address["country"] for address in body["addresses"]})]
        found += [entry("positions", person["position"]) for person in body.get("contact_persons") or () if person.get("position")]
        return found + [("sales-reps", escape(rep)) for rep in body.get("reps") or ()]
