"""Numbers with check digits (Polish tax ids, EANs) and UUIDs, drawn from a seeded Random."""

from __future__ import annotations

from random import Random
from uuid import UUID

_TAX_WEIGHTS = (6, 5, 7, 2, 3, 4, 5, 6, 7)


def polish_tax_id(rng: Random) -> str:
    """Ten digits whose last one is the mod-11 check digit."""
    while True:
        digits = [rng.randint(1, 9), *(rng.randint(0, 9) for _ in range(8))]
        check = sum(weight * digit for weight, digit in zip(_TAX_WEIGHTS, digits, strict=True)) % 11
        if check < 10:
            return "".join(map(str, [*digits, check]))


def tax_id(country: str, rng: Random) -> str:
    """A tax id as that country forms it: PL without, others with the two letters in front."""
    if country == "PL":
        return polish_tax_id(rng)
    digits = {"DE": 9, "GB": 9, "CZ": 8}[country]
    return country + "".join(str(rng.randint(1 if place == 0 else 0, 9)) for place in range(digits))


def check_digit(digits: str) -> str:
    """The mod-10 digit that completes an EAN-8, UPC-12, EAN-13 or GTIN-14."""
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def ean13(company: str, item: int) -> str:
    """`company` is the prefix (7 digits), `item` the running number within it."""
    body = f"{company}{item:0{12 - len(company)}d}"
    return body + check_digit(body)


def uuid(rng: Random) -> UUID:
    """A version 4 UUID that the seed decides."""
    return UUID(int=rng.getrandbits(128) & ~(0xF << 76) & ~(0x3 << 62) | (4 << 76) | (2 << 62))
