"""What is to be made, and what the topics of one load tell each other. Filled by load.py in its order of work."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from services.sandbox.generate.sizes import Size

ORGANISATION = "1000"  # CEE's number of the company that employs the reps and owns the stock


@dataclass(frozen=True)
class Plan:
    """One load: equal plans make equal data. `first`: the company itself is made too, not only one more channel of it."""

    size: Size
    seed: int
    channel: str
    today: date
    currency: str = "PLN"
    first: bool = True
    full_pictures: bool = False

    @property
    def home(self) -> str:
        """The country most of the channel's partners live in."""
        return "PL" if self.currency == "PLN" else "DE"

    @property
    def suffix(self) -> str:
        """What a further channel's numbers end in, so that they never meet the company's own."""
        return "" if self.first else f"-{self.channel}"

    def rng(self, topic: str) -> Random:
        """A stream of its own for each topic: a change in one leaves the others' data as they are."""
        return Random(f"{self.seed}/{self.channel}/{topic}")


@dataclass(frozen=True)
class Batch:
    """Rows of one table for COPY. `kind` is the export kind whose progress they count to."""

    kind: str
    table: str
    columns: tuple[str, ...]
    rows: Iterable[tuple[Any, ...]]
    total: int = 0  # what the rows add to the progress of their kind; parts of an object add nothing


@dataclass(frozen=True)
class BadRecord:
    """A record with one defect: the key on the bus and the code of domain.md 8 it must get."""

    kind: str
    key: str
    code: str


@dataclass(slots=True)
class Article:
    """`price` is net for one base unit in 1/10000 of the currency; `units` are (unit, factor to the base unit)."""

    number: str
    name: dict[str, str]
    path: tuple[str, ...]  # department, group, family, brand, size class: where it may stand in a category tree
    vat_rate: str
    units: list[tuple[str, int]]
    price: int
    weight: Decimal

    @property
    def price_unit(self) -> int:
        """Small parts are priced by the hundred."""
        return 100 if self.price < 10_000 else 1


@dataclass(slots=True)
class Partner:
    """`reps`: who looks after it; empty = everybody."""

    number: str
    name: str
    country: str
    role: str
    price_class: str
    payment_form: str
    payment_term: str
    addresses: list[UUID]
    reps: list[str]


@dataclass(slots=True)
class Document:
    """A document as attachments and the day's changes name it."""

    type: str
    number: str
    partner: str


@dataclass
class Company:
    """What the earlier topics made and the later ones draw from."""

    warehouses: list[str] = field(default_factory=list)
    reps: list[str] = field(default_factory=list)
    partners: list[Partner] = field(default_factory=list)
    articles: list[Article] = field(default_factory=list)
    outside: list[Article] = field(default_factory=list)  # known to CEE, on no list of the channel's assortment
    lists: list[str] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    categories: dict[tuple[str, ...], str] = field(default_factory=dict)


def escape(code: str) -> str:
    """A code as part of a key (domain.md 5)."""
    return code.replace("%", "%25").replace("/", "%2F")
