"""Notes and photos a rep takes at a customer's or of an order."""

from __future__ import annotations

from random import Random

from services.sandbox.generate.files import picture_jpg
from services.sandbox.generate.plan import escape
from services.sandbox.reps.territory import Body

WORDS = ("Klient prosi o ofertę na wiosnę.", "Regał przestawiony.", "Dostawa tylko do 14:00.", "Zapłata w piątek.")


def owner_of(partner: Body) -> Body:
    """A partner of CEE as an owner."""
    return {"owner_kind": "partner", "owner_key": escape(partner["number"])}


def note(rng: Random, owner: Body) -> Body:
    """Each one differs: two equal notes of one owner are one."""
    return {**owner, "type": "note", "name": "Notatka", "text": f"{rng.choice(WORDS)} ({rng.randint(1, 10**9)})"}


def photo(rng: Random, owner: Body, full: bool) -> tuple[Body, bytes]:
    """(record, content); `full`: as large as a telephone makes them, resized for sending."""
    body = {**owner, "type": "image", "name": f"Zdjęcie {rng.randint(1, 10**9)}.jpg", "extension": "jpg"}
    return body, picture_jpg(rng, full)
