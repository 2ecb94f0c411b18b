"""Sales reps: partners of kind person, with a profile for the channel. No two profiles need be alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from services.sandbox.generate.dictionaries import PAYMENT_FORMS
from services.sandbox.generate.ids import uuid
from services.sandbox.generate.plan import ORGANISATION, Batch, Company, Plan
from services.sandbox.generate.pools.people import Names, ascii_of
from services.sandbox.generate.pools.places import Country

PERSON_COLUMNS = ("number", "legal_kind", "name", "matchcode", "customer_type", "currency", "tax_class", "payment_form", "payment_term")
REP_COLUMNS = ("number", "first_name", "last_name", "matchcode", "employer", "responsible_organisation", "cee_user", "valid_from")
HQ_DOCUMENTS = ("both", "ZS", "both", "none", "OS")


def rep_number(plan: Plan, place: int) -> str:
    """H001, H002 ... ; a further channel's reps carry its id."""
    return f"H{place + 1:03d}{plan.suffix}"


def reps(plan: Plan, company: Company, names: Names, country: Country) -> Iterator[Batch]:
    """Fills company.reps. Every eighth rep is no CEE user, so no visits for that one."""
    rng = plan.rng("reps")
    people: list[tuple[Any, ...]] = []
    rows: list[tuple[Any, ...]] = []
    addresses: list[tuple[Any, ...]] = []
    contacts: list[tuple[Any, ...]] = []
    for place in range(plan.size.reps):
        number = rep_number(plan, place)
        first, last = names.person(rng)
        company.reps.append(number)
        people.append((number, "person", f"{first} {last}", last.upper(), "DETAL", plan.currency, "KRAJ", "PRZELEW", "14D"))
        user = None if place % 8 == 7 else f"{ascii_of(first)[0]}{ascii_of(last)}{place + 1}"
        hired = plan.today - timedelta(days=rng.randint(200, 4000))
        rows.append((number, first, last, f"{last.upper()} {first[0]}", ORGANISATION, ORGANISATION, user, hired))
        home = country.place(rng)
        addresses.append((uuid(rng), number, "main", home.street, home.house, home.postal_code, home.city, home.region, home.country))
        contacts.append((uuid(rng), number, "mobile", f"+48 {rng.randint(500, 899)} {rng.randint(100, 999)} {rng.randint(100, 999)}", True))
        contacts.append((uuid(rng), number, "email", f"{ascii_of(first)}.{ascii_of(last)}@ostoja-narzedzia.example", False))
    yield Batch("sales-reps", "partner", PERSON_COLUMNS, people)
    yield Batch("sales-reps", "rep", REP_COLUMNS, rows, len(rows))
    columns = ("id", "partner", "type", "street", "house", "postal_code", "city", "region", "country")
    yield Batch("sales-reps", "partner_address", columns, addresses)
    yield Batch("sales-reps", "partner_contact", ("id", "partner", "type", "value", "preferred"), contacts)
    yield Batch("sales-reps", "rep_organisation", ("rep", "organisation"), [(number, ORGANISATION) for number in company.reps])


def profiles(plan: Plan, company: Company) -> Iterator[Batch]:
    """What differs: warehouses, payment forms, order of the lists, HQ documents, discount limit."""
    rng = plan.rng("profiles")
    profile: list[tuple[Any, ...]] = []
    warehouses: list[tuple[Any, ...]] = []
    lists: list[tuple[Any, ...]] = []
    forms: list[tuple[Any, ...]] = []
    for place, rep in enumerate(company.reps):
        limit = Decimal(rng.choice((5, 10, 15, 20, 25)))
        profile.append((plan.channel, rep, limit, HQ_DOCUMENTS[place % len(HQ_DOCUMENTS)], f"{place + 1:03d}"))
        warehouses += [(plan.channel, rep, code, at) for at, code in enumerate(_some(rng, company.warehouses))]
        lists += [(plan.channel, rep, code, at) for at, code in enumerate(rng.sample(company.lists, len(company.lists)), 1)]
        forms += [(plan.channel, rep, form, at == 0) for at, form in enumerate(_some(rng, list(PAYMENT_FORMS)))]
    yield Batch("sales-reps", "rep_profile", ("channel", "rep", "max_discount", "hq_documents", "series"), profile)
    yield Batch("sales-reps", "rep_warehouse", ("channel", "rep", "warehouse", "position"), warehouses)
    yield Batch("sales-reps", "rep_price_list", ("channel", "rep", "list", "priority"), lists)
    yield Batch("sales-reps", "rep_payment_form", ("channel", "rep", "payment_form", "is_default"), forms)


def _some(rng: Random, codes: list[str]) -> list[str]:
    return rng.sample(codes, rng.randint(1, len(codes)))
