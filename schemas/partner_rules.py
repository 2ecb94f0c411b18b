"""What a partner's parts must be like beyond their own limits (domain.md 3.3), in both directions. Used by exporter and importer."""

from __future__ import annotations

import re
from collections.abc import Sequence

from schemas.defect import Defect
from schemas.parts import Address, Contact, ContactPerson

_POSTAL_CODES = {"PL": re.compile(r"[0-9]{2}-[0-9]{3}")}


def address_defect(addresses: Sequence[Address]) -> Defect | None:
    """Exactly one main address; postal codes as their country writes them, where that is known."""
    mains = 0
    for place, address in enumerate(addresses):
        mains += address.type == "main"
        pattern = _POSTAL_CODES.get(address.country)
        if pattern and not pattern.fullmatch(address.postal_code):
            return Defect("field_invalid", {"field": f"addresses[{place}].postal_code", "value": address.postal_code})
    if not mains:
        return Defect("field_missing", {"field": "addresses.main"})
    return Defect("field_invalid", {"field": "addresses", "value": f"{mains} x main"}) if mains > 1 else None


def contact_defect(contacts: Sequence[Contact], persons: Sequence[ContactPerson]) -> Defect | None:
    """At most one preferred of a type, for the partner and for each of its persons."""
    found = _preferred_twice(contacts, "contacts")
    for place, person in enumerate(persons):
        found = found or _preferred_twice(person.contacts or (), f"contact_persons[{place}].contacts")
    return found


def _preferred_twice(contacts: Sequence[Contact], field: str) -> Defect | None:
    preferred: set[str] = set()
    for place, contact in enumerate(contacts):
        if contact.preferred:
            if contact.type in preferred:
                return Defect("field_invalid", {"field": f"{field}[{place}].preferred", "value": "true"})
            preferred.add(contact.type)
    return None


def repeated_element(field: str, elements: Sequence[Address | Contact | ContactPerson]) -> Defect | None:
    """The id of an element names it for ever: twice in one list, and nobody can tell which is meant."""
    seen: set[str] = set()
    for place, element in enumerate(elements):
        if element.id in seen:
            return Defect("field_invalid", {"field": f"{field}[{place}].id", "value": element.id})
        seen.add(element.id)
    return None
