"""Price lists of the channel's listing and their rows: scales, prices to come, prices by the hundred; customer discounts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from services.sandbox.generate.dictionaries import DISCOUNT_COMPONENTS, PRICE_CLASSES, text
from services.sandbox.generate.plan import Article, Batch, Company, Plan

LIST_COLUMNS = ("code", "name", "currency", "level", "customer", "customer_class", "priority", "is_default", "price_mode")
PRICE_COLUMNS = ("row_id", "list", "article", "unit", "scale", "valid_from", "valid_to", "price", "price_unit")
NEXT_PRICES = 21  # days from now on which announced prices begin


def lists(plan: Plan, company: Company) -> Iterator[Batch]:
    """Fills company.lists: the default list, promotions, then class and customer lists by turns."""
    rng = plan.rng("lists")
    rows: list[tuple[Any, ...]] = []
    for place in range(plan.size.lists):
        code = f"CN{place + 1:02d}-{plan.channel}"
        company.lists.append(code)
        if place == 0:
            rows.append(
                (code, text("Cennik podstawowy", "Grundpreisliste", "Standard prices"), plan.currency, "item", None, None, 6, True, "net")
            )
        elif place % 3 == 1:
            kind = PRICE_CLASSES[place % len(PRICE_CLASSES)]
            name = text(f"Cennik klasy {kind}", f"Preise Klasse {kind}", f"Prices of class {kind}")
            rows.append((code, name, plan.currency, "customer-class-item", None, kind, 3, False, "net"))
        elif place % 3 == 2:
            partner = rng.choice(company.partners)
            rows.append((code, text(f"Ceny {partner.name}"[:60]), plan.currency, "customer-item", partner.number, None, 1, False, "net"))
        else:
            name = text(f"Promocja {place}", f"Aktion {place}", f"Promotion {place}")
            rows.append((code, name, plan.currency, "item", None, None, 2, False, rng.choice(("net", "net", "gross"))))
    yield Batch("price-lists", "price_list", LIST_COLUMNS, rows, len(rows))
    yield Batch("price-lists", "price_listing_item", ("listing", "list"), [(f"CEN-{plan.channel}", code) for code in company.lists])


def prices(plan: Plan, company: Company) -> Iterator[Batch]:
    """Exactly size.prices rows: half of them in the default list, the rest evenly."""
    per_list = plan.size.prices // 2 // max(1, len(company.lists) - 1)
    for place, code in reversed(list(enumerate(company.lists))):
        count = per_list if place else plan.size.prices - per_list * (len(company.lists) - 1)
        yield Batch("price-lists", "price", PRICE_COLUMNS, _rows(plan, company, code, count), count)


def _tiers(today: date) -> list[tuple[int, date, date | None, int]]:
    """(scale, valid from, valid to, percent of the base price), in the order in which a list grows."""
    year, future = date(today.year - (today.month < 3), 1, 1), today + timedelta(days=NEXT_PRICES)
    steps: list[tuple[int, date, date | None, int]] = [
        (0, year, None, 100),
        (10, year, None, 97),
        (0, future, None, 103),
        (50, year, None, 94),
        (10, future, None, 100),
    ]
    steps += [(100, year, future, 91), (0, date(year.year - 1, 1, 1), year, 96), (250, year, None, 89), (500, year, None, 87)]
    return steps + [(1000 * (at + 1), year, None, 85) for at in range(60)]


def _rows(plan: Plan, company: Company, code: str, count: int) -> Iterator[tuple[Any, ...]]:
    rng = plan.rng(f"prices {code}")
    order = company.articles[:]
    rng.shuffle(order)
    tiers, factor = _tiers(plan.today), rng.randint(88, 100)
    for place in range(count):
        tier, at = divmod(place, len(order))
        scale, begins, ends, percent = tiers[tier]
        article = order[at]
        share = percent * (100 if code == company.lists[0] else factor)
        row = f"{code}.{place + 1:07d}"
        price_unit = article.price_unit
        price = Decimal(max(1, article.price * price_unit * share // 10_000)).scaleb(-4)
        yield row, code, article.number, article.units[0][0], Decimal(scale), begins, ends, price, Decimal(price_unit)


def discounts(plan: Plan, company: Company) -> Iterator[Batch]:
    """size.discounts customer promotions, one in three for an article, one for a class, one for everything."""
    rng = plan.rng("discounts")
    taken: set[tuple[Any, ...]] = set()
    rows: list[tuple[Any, ...]] = []
    while len(rows) < plan.size.discounts:
        partner, component = rng.choice(company.partners), rng.choice(DISCOUNT_COMPONENTS)
        article, group = _target(rng.randrange(3), rng.choice(company.articles))
        threshold, begins = rng.choice((0, 0, 10, 100, 500)), date(plan.today.year, rng.randint(1, 12), 1)
        key = (partner.number, component, article, group, threshold, begins)
        if key in taken:
            continue
        taken.add(key)
        percent = Decimal(rng.choice((150, 200, 250, 300, 500, 750, 1000))).scaleb(-2)
        ends = date(plan.today.year + 1, 1, 1) if rng.random() < 0.3 else None
        name = text(f"Rabat {percent} % {partner.number}", f"Rabatt {percent} % {partner.number}")
        head = (f"RB{len(rows) + 1:06d}{plan.suffix}", name, partner.number, component, article, group)
        rows.append((*head, Decimal(threshold), percent, begins, ends))
    columns = "code name partner component article article_class threshold percent valid_from valid_to"
    yield Batch("master-data", "customer_discount", tuple(columns.split()), rows, len(rows))


def _target(kind: int, article: Article) -> tuple[str | None, str | None]:
    return (article.number if kind == 0 else None), (article.path[0] if kind == 1 else None)
