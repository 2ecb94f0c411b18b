"""Tools and fasteners: every article is one size, variant and brand of a family, so its number alone tells what it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from services.sandbox.generate.ids import ean13
from services.sandbox.generate.plan import Article, Batch, Company, Plan
from services.sandbox.generate.pools.goods import Family, Goods

NUMBER = re.compile(r"^([A-Z]{2})(?:-[\d/]+)?-(\d{4})\.(\d{2})$")
EURO = 430  # grosz for one euro: a fixed rate keeps prices the same on every day
COLUMNS = "number name vat_rate base_unit sales_unit weight price_class is_new is_best_seller free_shipping allow_negative"
MATERIALS = ("stal węglowa", "stal Cr-V", "stal HSS", "tworzywo sztuczne", "aluminium", "stal nierdzewna")
REDUCED = {"RR", "MA"}  # families sold at the reduced rate
SERVICES = (
    ("SRV-TRANSPORT", "Transport do klienta", "Lieferung", "Delivery"),
    ("SRV-OSTRZENIE", "Ostrzenie narzędzi", "Schärfdienst", "Sharpening"),
)


class Catalogue:
    """All articles there could be: family by family, size by size, brand by brand."""

    def __init__(self, goods: Goods) -> None:
        self._goods = goods
        self._families = {family.key: (department, group.key, family) for department, group, family in goods.families()}
        self._starts: list[tuple[int, Family]] = []
        self.count = 0
        for _department, _group, family in goods.families():
            self._starts.append((self.count, family))
            self.count += family.count * len(goods.brands)

    def numbers(self, wanted: Iterable[int]) -> Iterator[str]:
        """The article numbers of these places in the catalogue, which come in rising order."""
        starts = iter([*self._starts, (self.count, self._starts[-1][1])])
        start, family = next(starts)
        following, after = next(starts)
        for place in wanted:
            while place >= following:
                (start, family), (following, after) = (following, after), next(starts)
            index, brand = divmod(place - start, len(self._goods.brands))
            size_class = family.item(index).size_class
            inch = f"-{size_class[:-1]}" if size_class.endswith('"') else ""  # a slash in a number, as real catalogues have
            yield f"{family.key}{inch}-{index:04d}.{brand:02d}"

    def article(self, number: str, plan: Plan) -> Article | None:
        """What an article number says; None for services and strangers."""
        found = NUMBER.match(number)
        if not found:
            return None
        department, group, family = self._families[found[1]]
        item, brand = family.item(int(found[2])), int(found[3])
        low, high = family.price
        # sizes are priced evenly in proportion, brands differ by up to a third; whole grosz for a hundred pieces
        price = round(low * (high / low) ** item.size * (0.9 + 0.03 * brand + 0.05 * item.variant) * 100) * 100
        price = price if plan.currency == "PLN" else max(100, price * 10_000 // EURO // 10_000 * 100)
        units = [(family.unit, 1)]
        share = plan.size.units_per_article
        mixed = (int(found[2]) * 31 + brand * 7) % 100 / 100
        pack = family.pack[brand % len(family.pack)]
        if mixed < share - 1:
            units.append(("pack", max(pack, 2)))
        if mixed < share - 2:
            units.append(("box", max(pack, 2) * 10))
        weight = Decimal(max(1, round(family.weight * (0.4 + 1.2 * item.size) * 1000))).scaleb(-3)
        brand_name = self._goods.brands[brand]
        path = (department, group, family.key, brand_name, item.size_class)
        return Article(number, item.name(brand_name), path, "B08" if family.key in REDUCED else "A23", units, price, weight)


def new_articles(plan: Plan, company: Company, catalogue: Catalogue) -> None:
    """Draws size.articles for the assortment and a few more that stay outside of it."""
    rng = plan.rng("articles")
    outside = max(4, plan.size.articles // 50)
    wanted = sorted(rng.sample(range(catalogue.count), plan.size.articles + outside))
    drawn = [article for number in catalogue.numbers(wanted) if (article := catalogue.article(number, plan))]
    apart = set(rng.sample(range(len(drawn)), outside))
    company.outside += [article for place, article in enumerate(drawn) if place in apart]
    company.articles += [article for place, article in enumerate(drawn) if place not in apart]


def known_articles(plan: Plan, company: Company, catalogue: Catalogue, numbers: list[str]) -> None:
    """What a further channel sells of the company's articles: two of three, as many as its size asks for."""
    rng = plan.rng("articles")
    known = [article for number in numbers if (article := catalogue.article(number, plan))]
    rng.shuffle(known)
    count = min(plan.size.articles, len(known) * 2 // 3)
    company.articles += sorted(known[:count], key=lambda article: article.number)
    company.outside += known[count : count + max(4, count // 50)]


def articles(plan: Plan, company: Company) -> Iterator[Batch]:
    """The articles themselves; what a channel sells of them says `assortment`."""
    everything = [*company.articles, *company.outside]
    yield Batch("articles", "article", tuple(COLUMNS.split()), _heads(plan, everything), len(company.articles))
    units = ((article.number, unit, Decimal(factor)) for article in everything for unit, factor in article.units)
    yield Batch("articles", "article_unit", ("article", "unit", "factor"), units)
    eans = (
        (article.number, unit, ean13("590" + f"{1000 + at:04d}", place))
        for place, article in enumerate(everything)
        for at, (unit, _f) in enumerate(article.units)
    )
    yield Batch("articles", "article_ean", ("article", "unit", "ean"), eans)
    yield Batch("articles", "article_attribute", ("article", "name", "type", "value"), _attributes(plan, everything))
    services = [(number, {"pl": pl, "de": de, "en": en}, "A23", "pcs", "pcs", False) for number, pl, de, en in SERVICES]
    yield Batch("articles", "article", ("number", "name", "vat_rate", "base_unit", "sales_unit", "stock_managed"), services)
    yield Batch("articles", "article_unit", ("article", "unit", "factor"), [(number, "pcs", Decimal(1)) for number, *_names in SERVICES])


def _heads(plan: Plan, everything: list[Article]) -> Iterator[tuple[Any, ...]]:
    rng = plan.rng("article heads")
    for article in everything:
        drawn = rng.random()
        name = article.name if drawn < 0.8 else {"pl": article.name["pl"]}  # many names are never translated
        sales_unit = article.units[-1][0] if rng.random() < 0.4 else article.units[0][0]
        flags = (rng.random() < 0.05, rng.random() < 0.03, rng.random() < 0.02)
        negative = rng.choice((True, False)) if rng.random() < 0.02 else None
        yield (article.number, name, article.vat_rate, article.units[0][0], sales_unit, article.weight, article.path[0], *flags, negative)


def _attributes(plan: Plan, everything: list[Article]) -> Iterator[tuple[Any, ...]]:
    rng = plan.rng("article attributes")
    for article in everything:
        yield article.number, "Materiał", "list", rng.choice(MATERIALS)
        yield article.number, "Waga", "number", str(article.weight)
        if rng.random() < 0.1:
            yield article.number, "Karta techniczna", "url", f"https://ostoja-narzedzia.example/karty/{article.number}.pdf"


def assortment(plan: Plan, company: Company) -> Iterator[Batch]:
    """Three lists of the channel's listing: the basic one, the season's, and one that has ended."""
    listing = f"ASM-{plan.channel}"
    season, over = f"SEZON-{plan.channel}", f"WYPRZ-{plan.channel}"
    basic = f"PODST-{plan.channel}"
    start, end = plan.today - timedelta(days=40), plan.today + timedelta(days=80)
    lists = [
        (listing, basic, None, None),
        (listing, season, start, end),
        (listing, over, date(2020, 1, 1), plan.today - timedelta(days=20)),
    ]
    yield Batch("articles", "assortment_list", ("listing", "list", "valid_from", "valid_to"), lists)
    rng = plan.rng("assortment")
    rows: list[tuple[Any, ...]] = []
    for article in company.articles:
        drawn = rng.random()
        if drawn < 0.97:
            rows.append((listing, basic, article.number, None, None))
        if drawn > 0.9:
            rows.append((listing, season, article.number, plan.today - timedelta(days=rng.randint(0, 30)), None))
    rows += [(listing, over, article.number, None, None) for article in company.outside[::2]]
    rows += [(listing, basic, article.number, date(2022, 1, 1), plan.today) for article in company.outside[1::4]]
    if plan.first:
        rows += [(listing, basic, number, None, None) for number, *_names in SERVICES]
    yield Batch("articles", "assortment_item", ("listing", "list", "article", "valid_from", "valid_to"), rows)
