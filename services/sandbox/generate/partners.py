"""Customers and prospects with addresses, contacts, contact persons; their assignment to the channel and to reps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from services.sandbox.generate.dictionaries import CUSTOMER_TYPES, OCCUPATIONS, PAYMENT_TERMS, PRICE_CLASSES, RELATIONSHIPS
from services.sandbox.generate.ids import tax_id, uuid
from services.sandbox.generate.plan import Batch, Company, Partner, Plan
from services.sandbox.generate.pools.companies import Companies
from services.sandbox.generate.pools.people import Names, ascii_of
from services.sandbox.generate.pools.places import Country, Place

Tables = dict[str, list[tuple[Any, ...]]]

COLUMNS = {
    "partner": (
        "number legal_kind name matchcode role status tax_id customer_type currency tax_class price_class payer "
        "payment_form payment_term credit_limit open_balance category latitude longitude"
    ),
    "partner_version": "partner valid_from name",
    "partner_address": "id partner type street house postal_code city region country",
    "partner_contact": "id partner type value preferred",
    "contact_person": "id partner number last_name first_name occupation",
    "contact_person_contact": "id contact_person type value preferred",
    "partner_relationship": "partner type other",
    "partner_attribute": "partner name type value",
    "channel_partner": "channel partner assigned deleted_on",
    "partner_rep": "channel partner rep",
}
DIAL = {"PL": "+48", "DE": "+49", "GB": "+44", "CZ": "+420"}


class PartnerMaker:
    """Draws one partner after the other into the rows of all partner tables."""

    def __init__(self, plan: Plan, company: Company, world: tuple[dict[str, Companies], dict[str, Names], dict[str, Country]]) -> None:
        self._plan, self._company = plan, company
        self._companies, self._names, self._countries = world
        self._rng = plan.rng("partners")
        others = [code for code in ("DE", "CZ", "GB", "PL") if code != plan.home]
        self._homes = [plan.home] * 27 + others
        self._departments = [id_ for path, id_ in company.categories.items() if len(path) == 1]
        self.tables: Tables = {table: [] for table in COLUMNS}

    def batches(self) -> Iterator[Batch]:
        """The rows made so far."""
        for table, columns in COLUMNS.items():
            rows = self.tables[table]
            yield Batch("partners", table, tuple(columns.split()), rows, len(rows) if table == "partner" else 0)

    def make(self, number: str, *, status: str = "released", assigned: bool = True, deleted: bool = False) -> Partner:
        """One partner and all that belongs to it."""
        rng, plan = self._rng, self._plan
        country = rng.choice(self._homes)
        surname = rng.choice(self._names[country].surnames)
        place = self._countries[country].place(rng)
        made = Partner(
            number,
            self._companies[country].company(rng, surname, place.city),
            country,
            "prospect" if rng.random() < 0.05 else "customer",
            rng.choice(PRICE_CLASSES),
            rng.choice(("PRZELEW", "PRZELEW", "GOTOWKA", "KARTA")),
            rng.choice(list(PAYMENT_TERMS)),
            [],
            self._reps(rng),
        )
        self._head(made, status)
        self._addresses(made, place)
        self._contacts(made, surname)
        self._persons(made)
        self.tables["channel_partner"].append((plan.channel, number, assigned, plan.today - timedelta(days=3) if deleted else None))
        self.tables["partner_rep"] += [(plan.channel, number, rep) for rep in made.reps]
        return made

    def _reps(self, rng: Random) -> list[str]:
        """Three of five partners have reps of their own, one or two."""
        if rng.random() < 0.4:
            return []
        return sorted(rng.sample(self._company.reps, min(len(self._company.reps), 1 if rng.random() < 0.8 else 2)))

    def _head(self, made: Partner, status: str) -> None:
        rng, rows = self._rng, self.tables
        credit = Decimal(rng.randint(1, 200) * 1000) if rng.random() < 0.7 else None
        balance = Decimal(rng.randint(-50_000, 4_000_000)).scaleb(-2) if credit else None
        located = rng.random() < 0.3
        latitude = Decimal(rng.randint(49_500_000, 54_500_000)).scaleb(-6) if located else None
        longitude = Decimal(rng.randint(14_500_000, 23_500_000)).scaleb(-6) if located else None
        payer = rng.choice(self._company.partners).number if self._company.partners and rng.random() < 0.05 else None
        tax = tax_id(made.country, rng) if rng.random() < 0.95 else None
        category = rng.choice(self._departments) if self._departments and rng.random() < 0.1 else None
        matchcode = made.name.upper()[:30].strip()
        tax_class = "KRAJ" if made.country == self._plan.home else "UE"
        kinds = (made.role, status, tax, rng.choice(CUSTOMER_TYPES), self._plan.currency, tax_class, made.price_class, payer)
        money = (made.payment_form, made.payment_term, credit, balance, category, latitude, longitude)
        rows["partner"].append((made.number, "organisation", made.name, matchcode, *kinds, *money))
        if rng.random() < 0.01:
            rows["partner_version"].append(
                (made.number, self._plan.today + timedelta(days=rng.randint(1, 30)), f"{made.name} (nowa nazwa)")
            )
        if self._company.partners and rng.random() < 0.05:
            rows["partner_relationship"].append((made.number, rng.choice(RELATIONSHIPS), rng.choice(self._company.partners).number))
        if rng.random() < 0.2:
            rows["partner_attribute"].append((made.number, "Dni dostaw", "text", rng.choice(("pn, śr, pt", "wt, czw", "codziennie"))))

    def _addresses(self, made: Partner, main: Place) -> None:
        rng = self._rng
        kinds = [
            rng.choice(("delivery", "invoice", "correspondence")) for _ in range(_about(rng, self._plan.size.addresses_per_partner - 1))
        ]
        places = [main, *(self._countries[made.country].place(rng) for _ in kinds)]
        for kind, place in zip(["main", *kinds], places, strict=True):
            made.addresses.append(uuid(rng))
            row = (place.street, place.house, place.postal_code, place.city, place.region, place.country)
            self.tables["partner_address"].append((made.addresses[-1], made.number, kind, *row))

    def _contacts(self, made: Partner, surname: str) -> None:
        rng, domain = self._rng, f"{ascii_of(surname)}{made.number.lower()}.example"
        values = [("phone", self._phone(made.country), True), ("email", f"biuro@{domain}", True)]
        if rng.random() < 0.3:
            values.append(("url", f"https://www.{domain}/", False))
        self.tables["partner_contact"] += [(uuid(rng), made.number, kind, value, preferred) for kind, value, preferred in values]

    def _persons(self, made: Partner) -> None:
        rng = self._rng
        for place in range(_about(rng, self._plan.size.persons_per_partner)):
            first, last = self._names[made.country].person(rng)
            person = uuid(rng)
            self.tables["contact_person"].append((person, made.number, f"{made.number}-{place + 1}", last, first, rng.choice(OCCUPATIONS)))
            self.tables["contact_person_contact"].append((uuid(rng), person, "mobile", self._phone(made.country), True))

    def _phone(self, country: str) -> str:
        return f"{DIAL[country]} {self._rng.randint(500, 899)} {self._rng.randint(100, 999)} {self._rng.randint(100, 999)}"


def _about(rng: Random, average: float) -> int:
    """A whole number that is `average` in the mean."""
    whole = int(average)
    return whole + (rng.random() < average - whole)


def partners(maker: PartnerMaker, plan: Plan, company: Company) -> None:
    """size.partners active ones into company.partners, and one in thirty more that devices must not show as active."""
    kinds: list[dict[str, Any]] = [{"status": "inactive"}, {"assigned": False}, {"deleted": True}]
    for place in range(plan.size.partners):
        status = "blocked" if place % 25 == 24 else "released"
        company.partners.append(maker.make(f"K{place + 1:06d}{plan.suffix}", status=status))
    for place in range(max(3, plan.size.partners // 30)):
        maker.make(f"N{place + 1:05d}{plan.suffix}", **kinds[place % 3])
