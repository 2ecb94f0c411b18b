"""Stock of the channel's articles in the channel's warehouses, with reserves and alert levels."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from services.sandbox.generate.plan import ORGANISATION, Batch, Company, Plan

COLUMNS = ("article", "warehouse", "owner", "available", "reserve", "allow_negative", "alert_quantity")
CONSIGNOR = "2000"  # another owner's goods in our warehouse: not for sale by this channel


def stock(plan: Plan, company: Company, warehouses: list[str]) -> Iterator[Batch]:
    """One row an article and warehouse of `warehouses`; in a first load some more that no channel may show."""
    total = len(company.articles) * len(warehouses)
    yield Batch("availability", "stock", COLUMNS, _rows(plan, company, warehouses), total)
    if plan.first:
        foreign = [
            (article.number, company.warehouses[0], CONSIGNOR, Decimal(5), Decimal(0), None, None) for article in company.articles[::50]
        ]
        returned = [(article.number, "ZWROTY", ORGANISATION, Decimal(2), Decimal(0), None, None) for article in company.articles[::40]]
        left = [(article.number, company.warehouses[0], ORGANISATION, Decimal(7), Decimal(0), None, None) for article in company.outside]
        yield Batch("availability", "stock", COLUMNS, foreign + returned + left)


def _rows(plan: Plan, company: Company, warehouses: list[str]) -> Iterator[tuple[Any, ...]]:
    rng = plan.rng("stock")
    for article in company.articles:
        for warehouse in warehouses:
            drawn = rng.random()
            available = 0 if drawn < 0.06 else round(5000 ** rng.random())
            if drawn > 0.995:
                available = -rng.randint(1, 5)  # sold before it was booked in
            reserve = rng.randint(1, 20) if drawn > 0.8 else 0
            negative = True if drawn > 0.99 else None
            alert = Decimal(rng.choice((5, 10, 20, 50))) if rng.random() < 0.4 else None
            yield article.number, warehouse, ORGANISATION, Decimal(available), Decimal(reserve), negative, alert
