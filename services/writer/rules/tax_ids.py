"""When two partners have the same tax id (domain.md 4.1): without spaces, dots, dashes, in upper case, with country prefix."""

from __future__ import annotations

from schemas.tax_ids import EUROPEAN, bare

# the letters of VAT numbers are the country's, but Greece writes EL and Northern Ireland XI
_LETTERS = {"GR": "EL"}
_PREFIXES = EUROPEAN | {"EL", "XI"}


def normal(tax_id: str, country: str | None) -> str:
    """Two tax ids are the same exactly when this is equal; `country` is that of the main address."""
    written = bare(tax_id)
    letters = _LETTERS.get(country or "", country or "")
    return written if written[:2] == letters or written[:2] in _PREFIXES else letters + written


def spellings(tax_id: str, country: str | None) -> tuple[str, ...]:
    """The bare forms under which CEE may hold the same tax id: with the prefix and without."""
    whole = normal(tax_id, country)
    return tuple(dict.fromkeys((whole, whole[2:], bare(tax_id))))
