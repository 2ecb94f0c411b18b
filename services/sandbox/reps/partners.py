"""Customers and prospects a rep meets, and what he corrects about those he has."""

from __future__ import annotations

from random import Random
from typing import Any

from services.sandbox.generate.ids import tax_id, uuid
from services.sandbox.generate.pools.companies import load_companies
from services.sandbox.generate.pools.people import ascii_of, load_people
from services.sandbox.generate.pools.places import load_places
from services.sandbox.reps.territory import Body

DIAL = {"PL": "+48", "DE": "+49"}


def home_of(currency: str) -> str:
    """The country in which a channel of this currency sells."""
    return "PL" if currency == "PLN" else "DE"


def newcomer(rng: Random, country: str, role: str = "customer") -> Body:
    """A whole new partner with main address, telephone and a contact person."""
    place, (first, last) = load_places()[country].place(rng), load_people()[country].person(rng)
    name = load_companies()[country].company(rng, last, place.city)
    where = {"street": place.street, "house": place.house, "postal_code": place.postal_code, "city": place.city, "country": country}
    return {
        "name": name,
        "matchcode": name.upper()[:30].strip(),
        "legal_kind": "organisation",
        "role": role,
        "tax_id": tax_id(country, rng),
        "addresses": [{"id": str(uuid(rng)), "type": "main", **where}],
        "contacts": [_contact(rng, "phone", _phone(rng, country)), _contact(rng, "email", f"{ascii_of(last)}@firma.example")],
        "contact_persons": [_person(rng, country, first, last)],
    }


def edit(rng: Random, partner: Body) -> Body:
    """A correction of a partner of CEE: what the device had stands beside it as the base of the merge."""
    changed: dict[str, Any]
    if rng.random() < 0.5:
        changed = {"matchcode": f"{(partner.get('matchcode') or partner['name'])[:40].strip()} {rng.randint(10, 99)}"}
    else:
        country = next(address["country"] for address in partner["addresses"] if address["type"] == "main")
        names = load_people().get(country) or load_people()["GB"]
        persons = partner.get("contact_persons") or []
        changed = {"contact_persons": [*persons, _person(rng, country, *names.person(rng))]}
    base = {field: partner.get(field) for field in changed}
    return {"number": partner["number"], "base_version": partner["version"], "base": base, **changed}


def _person(rng: Random, country: str, first: str, last: str) -> Body:
    mobile = _contact(rng, "mobile", _phone(rng, country))
    return {"id": str(uuid(rng)), "last_name": last, "first_name": first, "contacts": [mobile]}


def _contact(rng: Random, kind: str, value: str) -> Body:
    return {"id": str(uuid(rng)), "type": kind, "value": value, "preferred": True}


def _phone(rng: Random, country: str) -> str:
    return f"{DIAL.get(country, '+44')} {rng.randint(500, 899)} {rng.randint(100, 999)} {rng.randint(100, 999)}"
