"""The single changes of a working day: each draws its objects from the day's stock of them and names the record it makes due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from services.kernel.postgres import Queries, Row
from services.sandbox.generate.dictionaries import VAT
from services.sandbox.generate.documents import sales_line
from services.sandbox.generate.files import picture_jpg
from services.sandbox.generate.ids import uuid
from services.sandbox.generate.plan import Article, escape
from services.sandbox.generate.pools.companies import Companies
from services.sandbox.generate.pools.people import Names
from services.sandbox.generate.pools.places import Country

SQL = Queries(Path(__file__).with_name("day.sql"))
Statement = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Change:
    """One transaction of one user. `kind`, `key`: the record it changes first of all."""

    kind: str
    key: str
    statements: tuple[Statement, ...]


@dataclass
class Desk:
    """What a day's changes are drawn from; used-up objects are taken out."""

    channel: str
    settings: Row
    rng: Random
    stock: list[Row]
    prices: list[Row]
    articles: list[Row]
    known: list[Article]
    partners: list[Row]
    reps: list[str]
    documents: list[Row]
    names: tuple[Companies, Names, Country]
    numbers: dict[str, int]  # the last number given to a document, a partner
    filed: list[str]  # attachments of this day
    gone: list[Row]  # articles that left the assortment this day

    def next(self, what: str) -> int:
        self.numbers[what] += 1
        return self.numbers[what]


def move_stock(desk: Desk) -> Change:
    row = desk.rng.choice(desk.stock)
    amount = Decimal(desk.rng.randint(100, 5000))
    return Change("availability", row["key"], ((SQL.move_stock, (row["article"], row["warehouse"], row["owner"], amount)),))


def change_price(desk: Desk) -> Change:
    row = desk.rng.choice(desk.prices)
    return Change("price-lists", row["key"], ((SQL.change_price, (row["row_id"], Decimal(desk.rng.randint(95, 107)).scaleb(-2))),))


def remove_price(desk: Desk) -> Change:
    row = desk.prices.pop(desk.rng.randrange(len(desk.prices)))
    return Change("price-lists", row["key"], ((SQL.remove_price, (row["row_id"],)),))


def move_document(desk: Desk) -> Change:
    row = desk.documents.pop(desk.rng.randrange(len(desk.documents)))
    return Change("sales-documents", row["key"], ((SQL.move_document, (row["type"], row["hq_number"])),))


def new_document(desk: Desk) -> Change:
    rng, settings = desk.rng, desk.settings
    number = f"ZS-{desk.channel}-D{desk.next('document'):06d}"
    partner = rng.choice(desk.partners)
    lines = [sales_line(rng.choice(desk.known), rng.randint(1, 30), rng.choice((0, 500))) for _ in range(rng.randint(1, 12))]
    net = sum(value for _line, value in lines)
    by_rate: dict[str, int] = {}
    for line, value in lines:
        by_rate[line[4]] = by_rate.get(line[4], 0) + value
    vat = sum((value * VAT[rate] + 50) // 100 for rate, value in by_rate.items())
    totals = tuple(Decimal(amount).scaleb(-2) for amount in (net, vat, net + vat))
    pays = (settings["currency"], partner["payment_form"], partner["payment_term"], settings["delivery_warehouse"])
    head = (SQL.insert_document, (number, desk.channel, partner["number"], settings["today"], *pays, *totals))
    columns = zip(*((position, *line) for position, (line, _value) in enumerate(lines, 1)), strict=True)
    return Change("sales-documents", f"ZS/{escape(number)}", (head, (SQL.insert_lines, (number, *columns))))


def change_credit(desk: Desk) -> Change:
    partner = desk.rng.choice(desk.partners)["number"]
    return Change("partners", escape(partner), ((SQL.change_credit, (partner, Decimal(desk.rng.randint(1, 999) * 500))),))


def move_partner(desk: Desk) -> Change:
    partner, place = desk.rng.choice(desk.partners)["number"], desk.names[2].place(desk.rng)
    return Change("partners", escape(partner), ((SQL.move_partner, (partner, place.street, place.house)),))


def new_partner(desk: Desk) -> Change:
    companies, names, country = desk.names
    number, place = f"D{desk.next('partner'):06d}", country.place(desk.rng)
    name = companies.company(desk.rng, desk.rng.choice(names.surnames), place.city)
    address = (uuid(desk.rng), number, place.street, place.house, place.postal_code, place.city, place.country)
    made = (SQL.insert_partner, (number, name, name.upper()[:30].strip(), desk.settings["currency"]))
    return Change("partners", number, (made, (SQL.insert_address, address), (SQL.assign_partner, (desk.channel, number))))


def reassign(desk: Desk) -> Change:
    partner, rep = desk.rng.choice(desk.partners)["number"], desk.rng.choice(desk.reps)
    cleared = (SQL.clear_reps, (desk.channel, partner))
    return Change("partners", escape(partner), (cleared, (SQL.give_rep, (desk.channel, partner, rep))))


def file_picture(desk: Desk) -> Change:
    made, owner = uuid(desk.rng), escape(desk.rng.choice(desk.partners)["number"])
    desk.filed.append(str(made))
    row = (made, owner, "image", "Zdjecie.jpg", None, "jpg", picture_jpg(desk.rng))
    return Change("attachments", str(made), ((SQL.insert_attachment, row),))


def file_note(desk: Desk) -> Change:
    made, owner = uuid(desk.rng), escape(desk.rng.choice(desk.partners)["number"])
    row = (made, owner, "note", "Notatka", f"Rozmowa nr {desk.rng.randint(1, 10**9)}: klient prosi o ofertę.", None, None)
    return Change("attachments", str(made), ((SQL.insert_attachment, row),))


def throw_away(desk: Desk) -> Change:
    if not desk.filed:
        return file_picture(desk)
    key = desk.filed.pop(0)
    return Change("attachments", key, ((SQL.remove_attachment, (key,)),))


def leave_assortment(desk: Desk) -> Change:
    row = desk.articles.pop(desk.rng.randrange(len(desk.articles)))
    desk.gone.append(row)
    place = (desk.settings["assortment_listing"], row["list"], row["article"])
    return Change("articles", escape(row["article"]), ((SQL.leave_assortment, place),))


def enter_assortment(desk: Desk) -> Change:
    if not desk.gone:
        return leave_assortment(desk)
    row = desk.gone.pop(0)
    desk.articles.append(row)
    place = (desk.settings["assortment_listing"], row["list"], row["article"])
    return Change("articles", escape(row["article"]), ((SQL.enter_assortment, place),))


def flag_article(desk: Desk) -> Change:
    number = desk.rng.choice(desk.articles)["article"]
    return Change("articles", escape(number), ((SQL.flag_article, (number,)),))


# of a thousand changes of a day
WEIGHTS: dict[Callable[[Desk], Change], int] = {
    move_stock: 640,
    change_price: 130,
    new_document: 70,
    move_document: 60,
    change_credit: 25,
    flag_article: 20,
    file_picture: 12,
    move_partner: 10,
    file_note: 8,
    reassign: 6,
    remove_price: 5,
    leave_assortment: 4,
    enter_assortment: 4,
    throw_away: 3,
    new_partner: 3,
}

# what these take objects from for good
USES_UP: dict[Callable[[Desk], Change], Callable[[Desk], list[Row]]] = {
    move_document: lambda desk: desk.documents,
    remove_price: lambda desk: desk.prices,
    leave_assortment: lambda desk: desk.articles,
}
