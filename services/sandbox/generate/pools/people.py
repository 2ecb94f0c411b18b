"""Names of people in three languages; used for reps, contact persons and family businesses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random

LANGUAGE = {"PL": "pl", "DE": "de", "GB": "en", "CZ": "pl"}


@dataclass(frozen=True)
class Names:
    """First and last names of one language."""

    men: list[str]
    women: list[str]
    surnames: list[str]

    def person(self, rng: Random) -> tuple[str, str]:
        """(first name, surname)."""
        return rng.choice(self.men if rng.random() < 0.55 else self.women), rng.choice(self.surnames)


def load_people() -> dict[str, Names]:
    """Names by country code (PL, DE, GB, CZ)."""
    read = json.loads(Path(__file__).with_name("people.json").read_text())
    return {country: Names(**read[language]) for country, language in LANGUAGE.items()}


def ascii_of(text: str) -> str:
    """A name as it stands in an e-mail address: `Łukasz Żak` -> `lukasz.zak`."""
    return text.lower().translate(_PLAIN).replace("'", "")


_PLAIN = str.maketrans(
    dict(zip("ąćęłńóśźżäöüáčďéěíňřšťúůýž", "acelnoszzaouacdeeinrstuuyz", strict=True))
    | {"ß": "ss", " ": ".", "&": "", ",": "", "(": "", ")": ""}
)
