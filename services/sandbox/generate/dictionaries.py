"""The company's dictionaries: units, VAT rates, payment forms and the like; in CEE they belong to no channel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from services.sandbox.generate.plan import ORGANISATION, Batch, Plan
from services.sandbox.generate.pools.goods import Goods
from services.sandbox.generate.pools.places import Country

VAT = {"A23": 23, "B08": 8, "C05": 5, "ZW": 0}
PAYMENT_FORMS = {"PRZELEW": "transfer", "GOTOWKA": "cash", "KARTA": "card", "KOMPENS": "other"}
PAYMENT_TERMS = {"0D": 0, "7D": 7, "14D": 14, "21D": 21, "30D": 30, "60D": 60}
DISCOUNT_COMPONENTS = ("RAB-KL", "RAB-IL")
CUSTOMER_TYPES = ("DETAL", "HURT", "PRZEM")
PRICE_CLASSES = ("A", "B", "C")
OCCUPATIONS = ("WLASC", "ZAKUP", "MAGAZ", "KIER")
RELATIONSHIPS = ("CENTRALA", "ODDZIAL")


def text(pl: str, de: str | None = None, en: str | None = None) -> dict[str, str]:
    """A name in the languages there are."""
    return {lang: part for lang, part in (("pl", pl), ("de", de), ("en", en)) if part}


def _simple(table: str, rows: list[tuple[Any, ...]], *more: str) -> Batch:
    return Batch("master-data", table, ("code", "name", *more), rows, len(rows))


def dictionaries(goods: Goods, countries: dict[str, Country]) -> Iterator[Batch]:
    """All dictionaries but warehouses and customer discounts."""
    yield _simple("unit", [(code, text(pl, de, en), decimals) for code, (pl, de, en, decimals) in goods.units.items()], "decimals")
    yield _simple(
        "vat_rate",
        [(code, text(f"VAT {rate} %" if rate else "Zwolniony"), "PL", rate == 0) for code, rate in VAT.items()],
        "country",
        "exempt",
    )
    rates = [(code, date(2011, 1, 1), Decimal(rate)) for code, rate in VAT.items()]
    rates += [("A23", date(2001, 1, 1), Decimal(22)), ("B08", date(2001, 1, 1), Decimal(7))]
    yield Batch("master-data", "vat_rate_value", ("vat_rate", "valid_from", "percent"), rates)
    yield from _payments()
    yield from _partner_words()
    yield _simple("currency", [("PLN", text("złoty", "Zloty", "zloty"), 2), ("EUR", text("euro", "Euro", "euro"), 2)], "decimals")
    names = {"PL": text("Polska", "Polen", "Poland"), "DE": text("Niemcy", "Deutschland", "Germany")}
    names |= {"CZ": text("Czechy", "Tschechien", "Czechia"), "GB": text("Wielka Brytania", "Großbritannien", "United Kingdom")}
    yield _simple("country", [(code, names[code]) for code in countries])
    regions = [(code, region, region) for code, country in countries.items() for region in country.regions]
    yield Batch("master-data", "country_region", ("country", "code", "name"), regions)


def _payments() -> Iterator[Batch]:
    names = {"PRZELEW": text("Przelew", "Überweisung", "Transfer"), "GOTOWKA": text("Gotówka", "Bar", "Cash")}
    names |= {"KARTA": text("Karta", "Karte", "Card"), "KOMPENS": text("Kompensata", "Verrechnung", "Set-off")}
    yield _simple("payment_form", [(code, names[code], kind) for code, kind in PAYMENT_FORMS.items()], "type")
    terms = [(code, text(f"{days} dni", f"{days} Tage", f"{days} days"), days) for code, days in PAYMENT_TERMS.items()]
    yield _simple("payment_term", terms, "due_days")
    kinds = [("CENA", text("Cena sprzedaży", "Verkaufspreis", "Sales price"), "price", True)]
    kinds += [(code, text(f"Rabat {code}", f"Rabatt {code}", f"Discount {code}"), "discount", False) for code in DISCOUNT_COMPONENTS]
    yield _simple("price_type", kinds, "category", "discountable")


def _partner_words() -> Iterator[Batch]:
    documents = [("ZS", text("Zamówienie sprzedaży", "Vertriebsauftrag", "Sales order"), "ZS")]
    documents.append(("OS", text("Oferta sprzedaży", "Angebot", "Sales quote"), "OS"))
    yield _simple("document_type", documents, "symbol")
    types = {"DETAL": text("Detal", "Einzelhandel", "Retail"), "HURT": text("Hurt", "Großhandel", "Wholesale")}
    types |= {"PRZEM": text("Przemysł", "Industrie", "Industry")}
    yield _simple(
        "customer_type",
        [*((code, types[code], True) for code in CUSTOMER_TYPES), ("KONSUM", text("Konsument", "Verbraucher", "Consumer"), False)],
        "b2b",
    )
    occupations = {"WLASC": text("Właściciel", "Inhaber", "Owner"), "ZAKUP": text("Zaopatrzeniowiec", "Einkäufer", "Buyer")}
    occupations |= {"MAGAZ": text("Magazynier", "Lagerist", "Storekeeper"), "KIER": text("Kierownik", "Leiter", "Manager")}
    yield _simple("occupation", [(code, occupations[code]) for code in OCCUPATIONS])
    relationships = {"CENTRALA": text("Centrala", "Zentrale", "Head office"), "ODDZIAL": text("Oddział", "Filiale", "Branch")}
    yield _simple("relationship_type", [(code, relationships[code]) for code in RELATIONSHIPS])
    visits = [
        ("HANDL", text("Wizyta handlowa", "Verkaufsbesuch", "Sales visit")),
        ("SERW", text("Serwis", "Service", "Service")),
        ("INW", text("Inwentaryzacja")),
    ]
    yield _simple("visit_type", visits)


def warehouses(plan: Plan, codes: list[str]) -> Batch:
    """The channel's warehouses, and one of the company's that no channel offers."""
    cities = ["Kraków", "Warszawa", "Poznań", "Gdańsk", "Wrocław", "Katowice", "Lublin", "Szczecin", "Rzeszów", "Berlin"]
    rows = [
        (code, text(f"Magazyn {city}", f"Lager {city}", f"Warehouse {city}"), ORGANISATION)
        for code, city in zip(codes, cities, strict=False)
    ]
    if plan.first:
        rows.append(("ZWROTY", text("Magazyn zwrotów", "Retourenlager", "Returns"), ORGANISATION))
    return Batch("master-data", "warehouse", ("code", "name", "organisation"), rows, len(codes))
