"""A document's amounts as a device works them out (domain.md 4.2), in whole fractions.

On purpose not the writer's rules: a simulator that shared them could not find their errors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Literal

HALF = Fraction(1, 2)
PRICE_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Sold:
    """One line: `price` for `per` units before the discount of `discount` percent."""

    quantity: Fraction
    price: Fraction
    per: Fraction
    discount: Fraction
    vat_rate: str

    @property
    def reduced(self) -> Fraction:
        return rounded(self.price * (100 - self.discount) / 100, PRICE_DECIMALS)

    def value(self, decimals: int) -> Fraction:
        return rounded(self.quantity * self.reduced / self.per, decimals)


def rounded(value: Fraction, decimals: int) -> Fraction:
    """Half up; nothing here is below zero."""
    return Fraction(floor(value * 10**decimals + HALF), 10**decimals)


def written(value: Fraction, decimals: int) -> str:
    """As JSON text with exactly so many decimals; `value` must fit them."""
    whole, rest = divmod(int(value * 10**decimals), 10**decimals)
    return f"{whole}.{rest:0{decimals}d}" if decimals else str(whole)


def totals(lines: Sequence[Sold], percents: Mapping[str, Fraction], mode: Literal["net", "gross"], decimals: int) -> tuple[Fraction, ...]:
    """(net, VAT, gross) of the whole document; `percents` by VAT rate."""
    sums: dict[str, Fraction] = {}
    for line in lines:
        sums[line.vat_rate] = sums.get(line.vat_rate, Fraction(0)) + line.value(decimals)
    vat = Fraction(0)
    for code, value in sums.items():
        percent = percents[code]
        vat += rounded(value * percent / (100 if mode == "net" else 100 + percent), decimals)
    sold = sum(sums.values(), Fraction(0))
    return (sold, vat, sold + vat) if mode == "net" else (sold - vat, vat, sold)
