"""Bad articles, categories, stock and prices."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from services.sandbox.generate.articles import SERVICES
from services.sandbox.generate.bad.spoil import Spoil
from services.sandbox.generate.plan import ORGANISATION, escape

WAITING = "ZA-DLUGI"  # the article that can't be sent: its stock waits


def articles(spoil: Spoil) -> None:
    """Too long a name, an EAN with a wrong digit, an unknown VAT rate, impossible numbers."""
    _article(spoil, WAITING, "field_too_long", name={"pl": "Zestaw narzędzi w walizce aluminiowej " * 7})
    _article(spoil, "ZA-EAN", "ean_invalid")
    spoil.row("article_ean", article=spoil.code("ZA-EAN"), unit="pcs", ean="5901234123450")
    _article(spoil, "ZA-VAT", "reference_missing", vat_rate="A22")
    _article(spoil, "ZA-WAGA", "field_invalid", weight=Decimal(-1))
    _article(spoil, "ZA-ILE", "field_invalid")
    spoil.row("article_unit", article=spoil.code("ZA-ILE"), unit="pack", factor=Decimal(0))


def _article(spoil: Spoil, code: str, result: str, **columns: Any) -> None:
    number = spoil.code(code)
    row = {"name": {"pl": f"Artykuł {code}"}, "vat_rate": "A23", "base_unit": "pcs", "sales_unit": "pcs"}
    spoil.row("article", number=number, **(row | columns))
    spoil.row("article_unit", article=number, unit="pcs", factor=Decimal(1))
    spoil.row("assortment_item", listing=f"ASM-{spoil.plan.channel}", list=f"PODST-{spoil.plan.channel}", article=number)
    spoil.bad("articles", number, result)


def categories(spoil: Spoil) -> None:
    """Two that are each other's parent, one below level 10, one that names an article twice and its child, a long name."""
    root = f"KAT-{spoil.plan.channel}"
    for code, parent in (("Z-KOLO-A", "Z-KOLO-B"), ("Z-KOLO-B", "Z-KOLO-A")):
        _category(spoil, code, f"{root}.{parent}", "category_cycle")
    parent = root
    for level in range(2, 12):
        _category(spoil, f"Z-POZIOM-{level:02d}", parent, "category_too_deep" if level > 10 else None)
        parent = f"{root}.Z-POZIOM-{level:02d}"
    _category(spoil, "Z-DWA-RAZY", root, "category_duplicate_article")
    for place in (1, 2):
        spoil.row("category_article", category=f"{root}.Z-DWA-RAZY", article=spoil.company.articles[0].number, position=place)
    _category(spoil, "Z-CZEKA", f"{root}.Z-DWA-RAZY", "reference_missing")
    _category(spoil, "Z-NAZWA", root, "field_too_long", name={"pl": "Artykuły wycofane z oferty, wyprzedaż końcówek serii i kolekcji"})


def _category(spoil: Spoil, code: str, parent: str, result: str | None, **columns: Any) -> None:
    root = f"KAT-{spoil.plan.channel}"
    row = {"id": f"{root}.{code}", "tree": root, "parent": parent, "position": 9000, "name": {"pl": f"Kategoria {code}"}}
    spoil.row("category", **(row | columns))
    if result:
        spoil.bad("article-categories", f"{root}.{code}", result)


def stock(spoil: Spoil) -> None:
    """Stock of a service, a negative reserve, stock of an article that can't be sent."""
    if spoil.plan.first:
        _stock(spoil, SERVICES[0][0], "not_stock_managed")
    _stock(spoil, spoil.code("ZA-EAN"), "field_invalid", reserve=Decimal(-5))
    _stock(spoil, spoil.code(WAITING), "reference_missing")


def _stock(spoil: Spoil, article: str, result: str, **columns: Any) -> None:
    warehouse = spoil.company.warehouses[0]
    row = {"available": Decimal(10), "reserve": Decimal(0)}
    spoil.row("stock", article=article, warehouse=warehouse, owner=ORGANISATION, **(row | columns))
    spoil.bad("availability", f"{escape(article)}/{escape(warehouse)}/{ORGANISATION}", result)


def prices(spoil: Spoil) -> None:
    """Lists: foreign currency, too long a name, on no profile. Prices: two rows on one key, overlapping, negative, of such a list."""
    today = spoil.plan.today
    foreign, long, forgotten = (spoil.code(code) for code in ("ZC-OBCA", "ZC-DLUGI", "ZC-POZA"))
    _list(spoil, foreign, "currency_mismatch", currency="CHF")
    _list(spoil, long, "field_too_long", name={"pl": "Cennik specjalny dla klientów kluczowych i sieci handlowych, 2024"})
    _list(spoil, forgotten, "list_not_on_profile")
    spoil.row("rep_price_list", channel=spoil.plan.channel, rep=spoil.company.reps[0], list=forgotten, priority=99)
    number = spoil.code("ZA-EAN")
    year = date(today.year, 1, 1)
    _price(spoil, forgotten, number, "duplicate_price", row_id="A", valid_from=year)
    _price(spoil, forgotten, number, None, row_id="B", valid_from=year, price=Decimal(12))
    _price(spoil, forgotten, number, "duplicate_price", row_id="C", scale=Decimal(5), valid_from=year, valid_to=today + timedelta(days=30))
    _price(spoil, forgotten, number, "duplicate_price", row_id="D", scale=Decimal(5), valid_from=today + timedelta(days=10))
    _price(spoil, forgotten, number, "field_invalid", row_id="E", scale=Decimal("2.5"), price=Decimal(-1))
    _price(spoil, forgotten, number, "field_invalid", row_id="F", scale=Decimal(20), price_unit=Decimal(0))
    _price(spoil, foreign, number, "reference_missing", row_id="G")
    _price(spoil, forgotten, spoil.code(WAITING), "reference_missing", row_id="H")


def _list(spoil: Spoil, code: str, result: str, **columns: Any) -> None:
    row = {"name": {"pl": f"Cennik {code}"}, "currency": spoil.plan.currency, "level": "item", "priority": 5}
    spoil.row("price_list", code=code, **(row | columns))
    spoil.row("price_listing_item", listing=f"CEN-{spoil.plan.channel}", list=code)
    spoil.bad("price-lists", code, result)


def _price(spoil: Spoil, list_: str, article: str, result: str | None, **columns: Any) -> None:
    row = {
        "unit": "pcs",
        "scale": Decimal(0),
        "valid_from": date(2024, 1, 1),
        "valid_to": None,
        "price": Decimal(10),
        "price_unit": Decimal(1),
    }
    row |= columns | {"row_id": f"{list_}.{columns['row_id']}"}
    spoil.row("price", list=list_, article=article, **row)
    if result:
        scale = f"{row['scale']:f}"
        spoil.bad("price-lists", f"{escape(list_)}/{escape(article)}/pcs/{scale}/{row['valid_from']:%Y-%m-%d}", result)
