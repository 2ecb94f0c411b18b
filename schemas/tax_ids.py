"""How a tax id is written (domain.md 4.1). Used by importer and writer; separators and case never matter."""

from __future__ import annotations

import re

# countries of the EU whose tax ids begin with two letters; Poland's is ten digits, with or without its letters
EUROPEAN = frozenset(
    {
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT"),
        *("LT", "LU", "LV", "MT", "NL", "PT", "RO", "SE", "SI", "SK"),
    }
)
_WEIGHTS = (6, 5, 7, 2, 3, 4, 5, 6, 7)
_EUROPEAN = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,12}")
_POLISH = re.compile(r"[0-9]{10}")


def bare(tax_id: str) -> str:
    """Without spaces, dots and dashes, in upper case."""
    return re.sub(r"[\s.\-]", "", tax_id).upper()


def is_tax_id(tax_id: str, country: str) -> bool:
    """`country`: ISO code of the main address. Outside the EU anything goes."""
    written = bare(tax_id)
    if country == "PL":
        return _is_polish(written.removeprefix("PL"))
    return country not in EUROPEAN or _EUROPEAN.fullmatch(written) is not None


def _is_polish(digits: str) -> bool:
    if not _POLISH.fullmatch(digits):
        return False
    return sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=False)) % 11 == int(digits[9])
