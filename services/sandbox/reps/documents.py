"""Orders and quotes as a rep writes them: articles his customer has a price for, amounts that add up."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from random import Random
from typing import Any

from services.sandbox.reps.amounts import PRICE_DECIMALS, Sold, totals, written
from services.sandbox.reps.territory import Body, Territory

DISCOUNTS = (0, 0, 0, 3, 5)  # percent a rep gives
TRIES = 50  # articles looked at for each line


def order(territory: Territory, rng: Random, customer: Body, lines: int, partner: str | None = None) -> Body:
    """A confirmed order; `partner`: the source_id of a customer that has no number yet."""
    dates = {"delivery_date": (territory.today + timedelta(days=rng.randint(1, 7))).isoformat()}
    return _document(territory, rng, "ZS", (customer, partner or customer["number"]), lines) | dates


def quote(territory: Territory, rng: Random, customer: Body, lines: int) -> Body:
    """A confirmed quote, good for some weeks."""
    dates = {"expiry_date": (territory.today + timedelta(days=rng.randint(7, 30))).isoformat()}
    return _document(territory, rng, "OS", (customer, customer["number"]), lines) | dates


def _document(territory: Territory, rng: Random, kind: str, whose: tuple[Body, str], count: int) -> Body:
    customer, partner = whose
    discount = min(Fraction(rng.choice(DISCOUNTS)), Fraction(territory.profile["max_discount"]))
    lines, sold, mode = _lines(territory, rng, customer, (count, discount))
    net, vat, gross = (written(amount, territory.decimals) for amount in totals(sold, territory.percents, mode, territory.decimals))
    forms = {form["payment_form"]: form["default"] for form in territory.profile["payment_forms"]}
    usual = customer.get("payment_form")
    return {
        "type": kind,
        "mobile_number": territory.mobile_number(kind),
        "partner": partner,
        "issue_date": territory.today.isoformat(),
        "currency": territory.currency,
        "price_mode": mode,
        "payment_form": usual if usual in forms else next(form for form, default in forms.items() if default),
        "payment_term": customer.get("payment_term"),
        "warehouse": territory.profile["warehouses"][0],
        "user_discount": written(discount, 2),
        "net_total": net,
        "vat_total": vat,
        "gross_total": gross,
        "confirmed": True,
        "lines": lines,
    }


def _lines(territory: Territory, rng: Random, customer: Body, wanted: tuple[int, Fraction]) -> tuple[list[Body], list[Sold], Any]:
    """(lines, what they sell, price mode): all in the mode of the first article's list. At least one, if anything has a price."""
    count, discount = wanted
    lines: list[Body] = []
    sold: list[Sold] = []
    mode = ""
    for _ in range(count * TRIES):
        article, quantity = rng.choice(territory.articles), rng.randint(1, 40)
        price = territory.price(customer, article, quantity)
        if price is None or article["vat_rate"] not in territory.percents or (mode and price.mode != mode):
            continue
        mode = price.mode
        sold.append(Sold(Fraction(quantity), price.amount, price.per, discount, article["vat_rate"]))
        lines.append(_line(len(sold), article, sold[-1], territory.decimals))
        if len(lines) == count:
            break
    return lines, sold, mode


def _line(position: int, article: Body, sold: Sold, decimals: int) -> Body:
    names = article["name"]
    return {
        "position": position,
        "article": article["number"],
        "article_name": names.get("pl") or names.get("de") or names.get("en"),
        "quantity": written(sold.quantity, 3),
        "unit": article["sales_unit"],
        "vat_rate": sold.vat_rate,
        "regular_price": written(sold.price, PRICE_DECIMALS),
        "discounted_price": written(sold.reduced, PRICE_DECIMALS),
        "price_unit": written(sold.per, 3),
        "discount": written(sold.discount, 2),
        "value": written(sold.value(decimals), decimals),
    }
