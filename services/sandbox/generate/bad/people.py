"""Bad entries among dictionaries and discounts, sales reps and partners."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from services.sandbox.generate.bad.spoil import Spoil
from services.sandbox.generate.ids import uuid
from services.sandbox.generate.plan import ORGANISATION

FOREIGN = "ZK-WALUTA"  # the partner in a foreign currency: whatever needs him waits
STRANGER = "ZH-OBCY"  # the rep somebody else employs


def dictionaries(spoil: Spoil) -> None:
    """Those that belong to CEE as a whole: only once."""
    spoil.row("unit", code="ZBIORCZA", name={"pl": "Opakowanie zbiorcze z przekładką tekturową i folią stretch, zwrotne"}, decimals=0)
    spoil.bad("master-data", "units/ZBIORCZA", "field_too_long")
    spoil.row("payment_term", code="400D", name={"pl": "400 dni"}, due_days=400)
    spoil.bad("master-data", "payment-terms/400D", "field_invalid")


def discounts(spoil: Spoil) -> None:
    """One promotion that is not a customer's, two that contradict each other, one of a partner who can't be sent."""
    good = spoil.company.partners[0].number
    _discount(spoil, "ZR-KAMPANIA", good, "promotion_not_supported", promotion_type="campaign")
    for code in ("ZR-DWA-A", "ZR-DWA-B"):
        _discount(spoil, code, good, "duplicate_discount", threshold=Decimal(7))
    _discount(spoil, "ZR-120", good, "field_invalid", percent=Decimal(120), threshold=Decimal(8))
    _discount(spoil, "ZR-CZEKA", spoil.code(FOREIGN), "reference_missing")


def _discount(spoil: Spoil, code: str, partner: str, result: str, **columns: Any) -> None:
    row = {
        "threshold": Decimal(0),
        "percent": Decimal(3),
        "valid_from": date(2024, 1, 1),
        "component": "RAB-KL",
        "promotion_type": "customer",
    }
    spoil.row("customer_discount", code=spoil.code(code), name={"pl": f"Rabat {code}"}, partner=partner, **(row | columns))
    spoil.bad("master-data", f"customer-discounts/{spoil.code(code)}", result)


def reps(spoil: Spoil) -> None:
    """A rep of another employer, one without a surname, one with too long a name."""
    _rep(spoil, STRANGER, "rep_employer_mismatch", employer="7777")
    _rep(spoil, "ZH-BEZ-NAZW", "field_missing", last_name=None)
    _rep(spoil, "ZH-DLUGI", "field_too_long", first_name="Maria Anna Zofia Teresa " * 3)


def _rep(spoil: Spoil, code: str, result: str, **columns: Any) -> None:
    number, plan = spoil.code(code), spoil.plan
    row = {
        "first_name": "Jan",
        "last_name": "Próbny",
        "employer": ORGANISATION,
        "responsible_organisation": ORGANISATION,
        "valid_from": date(2023, 5, 1),
    }
    _partner_row(spoil, number, legal_kind="person", name="Jan Próbny")
    _address(spoil, number, {})
    spoil.row("rep", number=number, **(row | columns))
    spoil.row("rep_organisation", rep=number, organisation=ORGANISATION)
    spoil.row("rep_profile", channel=plan.channel, rep=number, max_discount=Decimal(5), hq_documents="none", series="999")
    spoil.row("rep_warehouse", channel=plan.channel, rep=number, warehouse=spoil.company.warehouses[0])
    for place, code_ in enumerate(spoil.company.lists, 1):
        spoil.row("rep_price_list", channel=plan.channel, rep=number, list=code_, priority=place)
    spoil.row("rep_payment_form", channel=plan.channel, rep=number, payment_form="PRZELEW", is_default=True)
    spoil.bad("sales-reps", number, result)


def partners(spoil: Spoil) -> None:
    """Wrong currency, names and addresses; one whose only rep can't be sent."""
    _partner(spoil, FOREIGN, "currency_mismatch", currency="USD")
    _partner(spoil, "ZK-DLUGI", "field_too_long", name="Przedsiębiorstwo Produkcyjno-Usługowo-Handlowe " * 3)
    _partner(spoil, "ZK-SZEROK", "field_missing", latitude=Decimal("52.2"))
    _partner(spoil, "ZK-BEZ-MIASTA", "field_missing", {"city": None})
    _partner(spoil, "ZK-KOD", "field_invalid", {"postal_code": "30001", "country": "PL"})
    _partner(spoil, "ZK-DWA-GL", "field_invalid")
    _address(spoil, spoil.code("ZK-DWA-GL"), {})
    _partner(spoil, "ZK-CZEKA", "reference_missing")
    spoil.row("partner_rep", channel=spoil.plan.channel, partner=spoil.code("ZK-CZEKA"), rep=spoil.code(STRANGER))


def _partner(spoil: Spoil, code: str, result: str, address: dict[str, Any] | None = None, **columns: Any) -> None:
    number = spoil.code(code)
    _partner_row(spoil, number, **columns)
    _address(spoil, number, address or {})
    spoil.row("channel_partner", channel=spoil.plan.channel, partner=number, assigned=True)
    spoil.bad("partners", number, result)


def _partner_row(spoil: Spoil, number: str, **columns: Any) -> None:
    row = {"name": f"Kontrahent {number}", "customer_type": "DETAL", "currency": spoil.plan.currency, "tax_class": "KRAJ"}
    spoil.row("partner", number=number, **(row | {"payment_form": "PRZELEW", "payment_term": "14D"} | columns))


def _address(spoil: Spoil, number: str, columns: dict[str, Any]) -> None:
    row = {"street": "Polna", "house": "1", "postal_code": "30-001", "city": "Kraków", "region": "MA", "country": "PL"}
    spoil.row("partner_address", id=uuid(spoil.rng), partner=number, type="main", **(row | columns))
