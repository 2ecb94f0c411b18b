"""Cities with their own postal codes, streets and regions of four countries."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random


@dataclass(frozen=True)
class Place:
    """Where an address lies: street and house, code and city as that country writes them."""

    street: str
    house: str
    postal_code: str
    city: str
    region: str
    country: str


class Country:
    """One country's cities and streets."""

    def __init__(self, code: str, cities: list[tuple[str, list[str], str]], streets: list[str]) -> None:
        self.code, self._cities, self._streets = code, cities, streets

    @property
    def regions(self) -> list[str]:
        """The codes of the regions its cities lie in, sorted."""
        return sorted({region for _city, _prefixes, region in self._cities})

    def place(self, rng: Random) -> Place:
        """Somewhere in this country; the postal code fits the city."""
        city, prefixes, region = rng.choice(self._cities)
        code = _postal_code(self.code, rng.choice(prefixes), rng)
        house = str(rng.randint(1, 180)) + (rng.choice("abc") if rng.random() < 0.1 else "")
        return Place(rng.choice(self._streets), house, code, city, region, self.code)


def _postal_code(country: str, prefix: str, rng: Random) -> str:
    if country == "PL":
        return f"{prefix}-{rng.randint(1, 999):03d}"
    if country == "GB":
        return f"{prefix} {rng.randint(1, 9)}{rng.choice('ABDEFGHJLNPQRSTUWXYZ')}{rng.choice('ABDEFGHJLNPQRSTUWXYZ')}"
    if country == "CZ":
        return f"{prefix} {rng.randint(0, 99):02d}"
    return f"{prefix}{rng.randint(0, 99):02d}"


def load_places() -> dict[str, Country]:
    """Countries by their ISO code."""
    read = json.loads(Path(__file__).with_name("places.json").read_text())
    return {
        code: Country(code, [(city, prefixes, region) for city, prefixes, region in part["cities"]], part["streets"])
        for code, part in read.items()
    }
