"""Names of companies: invented brands (`Budmax Sp. z o.o.`), trades with an owner's name (`Schreinerei Müller GmbH`)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random


@dataclass(frozen=True)
class Companies:
    """The building blocks of one country's company names."""

    starts: list[str]
    ends: list[str]
    trades: list[str]
    forms: list[str]

    def company(self, rng: Random, surname: str, city: str) -> str:
        """One name; `surname` and `city` are used by about two thirds and a sixth of them."""
        drawn = rng.random()
        form = rng.choice(self.forms)
        if drawn < 0.35:
            name = f"{rng.choice(self.starts)}{rng.choice(self.ends)}"
        elif drawn < 0.85:
            name = f"{rng.choice(self.trades)} {surname}"
        else:
            name = f"{rng.choice(self.starts)}{rng.choice(self.ends)} {city}"
        return f"{name} {form}".strip()


def load_companies() -> dict[str, Companies]:
    """Building blocks by country code."""
    read = json.loads(Path(__file__).with_name("companies.json").read_text())
    return {country: Companies(**part) for country, part in read.items()}
