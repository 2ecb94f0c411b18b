"""A day's work of one rep as a list of uploads, in the order in which he makes them. Pure: equal seeds on equal data, equal work.

`sized` gives the amounts of domain.md 9; what is less than one a day happens on some days only.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from random import Random
from typing import Any

from services.sandbox.generate.ids import uuid
from services.sandbox.reps import documents, papers, partners, visits
from services.sandbox.reps.territory import Body, Territory


@dataclass(frozen=True, slots=True)
class Amounts:
    """What one rep does in a day on average; `lines` of a document. Half of the attachments are photos."""

    orders: float
    quotes: float
    lines: int
    newcomers: float
    edits: float
    visits: float
    attachments: float
    revised: float = 0.5  # share of the visits of which there is news later the same day


# domain.md 9, a rep's share of it; edits are not counted there
AMOUNTS = {
    "tiny": Amounts(2, 1, 4, 0.5, 1, 2, 2),
    "small": Amounts(40 / 8, 5 / 8, 8, 1 / 8, 1, 80 / 8, 15 / 8),
    "mid": Amounts(240 / 40, 40 / 40, 12, 5 / 40, 1, 400 / 40, 120 / 40),
    "stress": Amounts(1500 / 200, 250 / 200, 20, 30 / 200, 2, 2000 / 200, 800 / 200),
}
COUNTED = tuple(field.name for field in fields(Amounts) if field.name not in ("lines", "revised"))


@dataclass(frozen=True, slots=True)
class Made:
    """One upload: what Uploads.put takes."""

    kind: str
    source_id: str
    body: Body
    content: bytes | None = None


def sized(size: str, factor: float = 1) -> Amounts:
    """A size's amounts times `factor`; documents keep their number of lines."""
    found = AMOUNTS[size]
    scaled = {name: getattr(found, name) * factor for name in COUNTED}
    return Amounts(lines=found.lines, revised=found.revised, **scaled)


def work(territory: Territory, rng: Random, amounts: Amounts, full_photos: bool = False) -> list[Made]:
    """The day of this rep; each object's own uploads stay in order, the objects are mixed."""
    maker = _Maker(territory, rng, amounts, full_photos)
    objects = maker.documents() + maker.partners() + maker.papers()
    if territory.own.get("visits_allowed") and territory.visit_types:
        objects += maker.visits()
    return mixed(rng, objects)


def mixed(rng: Random, objects: list[list[Made]]) -> list[Made]:
    """One list out of many; each of them keeps its order."""
    turns = [place for place, steps in enumerate(objects) for _ in steps]
    rng.shuffle(turns)
    rest = [iter(steps) for steps in objects]
    return [next(rest[place]) for place in turns]


class _Maker:
    def __init__(self, territory: Territory, rng: Random, amounts: Amounts, full_photos: bool) -> None:
        self._territory, self._rng, self._amounts, self._full = territory, rng, amounts, full_photos

    def documents(self) -> list[list[Made]]:
        makers: list[Any] = [documents.order] * self._about(self._amounts.orders) + [documents.quote] * self._about(self._amounts.quotes)
        return [[self._made("documents", make(self._territory, self._rng, self._customer(), self._lines()))] for make in makers]

    def partners(self) -> list[list[Made]]:
        rng, country = self._rng, partners.home_of(self._territory.currency)
        found = [
            [self._made("partners", partners.newcomer(rng, country, rng.choice(("customer", "prospect"))))]
            for _ in range(self._about(self._amounts.newcomers))
        ]
        known = rng.sample(self._territory.customers, min(len(self._territory.customers), self._about(self._amounts.edits)))
        return found + [[self._made("partners", partners.edit(rng, partner))] for partner in known]

    def papers(self) -> list[list[Made]]:
        found = []
        for place in range(self._about(self._amounts.attachments)):
            owner = papers.owner_of(self._customer())
            body, content = papers.photo(self._rng, owner, self._full) if place % 2 else (papers.note(self._rng, owner), None)
            found.append([self._made("attachments", body, content)])
        return found

    def visits(self) -> list[list[Made]]:
        found, territory = [], self._territory
        for place in range(self._about(self._amounts.visits)):
            number = f"W-{territory.profile['series']}-{territory.today:%y%m%d}-{place + 1}"
            kind = self._rng.choice(territory.visit_types)
            first = self._made("visits", visits.planned(self._rng, self._customer()["number"], kind, territory.today, number))
            steps = [first]
            if self._rng.random() < self._amounts.revised:
                steps.append(Made("visits", first.source_id, visits.later(self._rng, first.body)))
            found.append(steps)
        return found

    def _made(self, kind: str, body: Body, content: bytes | None = None) -> Made:
        return Made(kind, str(uuid(self._rng)), body, content)

    def _customer(self) -> Body:
        return self._rng.choice(self._territory.customers)

    def _lines(self) -> int:
        return self._rng.randint(1, 2 * self._amounts.lines - 1)

    def _about(self, average: float) -> int:
        whole = int(average)
        return whole + (self._rng.random() < average - whole)
