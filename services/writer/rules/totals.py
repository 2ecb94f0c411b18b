"""Recomputes a document's amounts (domain.md 4.2) and names the first figure that is off. Pure; called by rules/documents.py.

Exact decimals, rounded half up. Everything is computed from quantities, regular prices, discounts and VAT rates alone;
what the device states is only compared: no difference can hide behind another one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Literal, Protocol

# 33 digits of quantity x price, and as many again behind the point: no division is rounded before it is rounded half up
EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
_PRICE = Decimal("0.0001")
_ONE = Decimal(1)
_CENT = Decimal("0.01")
_HUNDRED = Decimal(100)
_NOTHING = frozenset({"0", "0.0", "0.00"})  # figures that save a step, as they are usually written
_ONES = frozenset({"1", "1.0", "1.00", "1.000"})


class Line(Protocol):
    """Figures are decimals as text, as they came."""

    @property
    def quantity(self) -> str: ...
    @property
    def price_unit(self) -> str: ...
    @property
    def regular_price(self) -> str: ...
    @property
    def discount(self) -> str: ...
    @property
    def discounted_price(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def vat_rate(self) -> str: ...


class Priced(Protocol):
    """A document as far as it is about money."""

    @property
    def price_mode(self) -> Literal["net", "gross"]: ...
    @property
    def net_total(self) -> str: ...
    @property
    def vat_total(self) -> str: ...
    @property
    def gross_total(self) -> str: ...
    @property
    def lines(self) -> Sequence[Line]: ...


@dataclass(frozen=True, slots=True)
class Wrong:
    """`totals_mismatch` with field, value, expected; or `field_invalid` with field, value. `field` is like `lines[0].value`."""

    code: Literal["totals_mismatch", "field_invalid"]
    params: dict[str, str]


@dataclass(frozen=True, slots=True)
class Totals:
    """Recomputed: (discounted price, value) of each line in order; net, VAT and gross of the whole."""

    lines: tuple[tuple[Decimal, Decimal], ...]
    net: Decimal
    vat: Decimal
    gross: Decimal


def percent_on(values: Iterable[tuple[date, Decimal]], day: date) -> Decimal | None:
    """The percent valid on `day` of a rate's (valid from, percent) pairs; None before the first of them."""
    begun = [pair for pair in values if pair[0] <= day]
    return max(begun)[1] if begun else None


def totals_of(document: Priced, percents: Mapping[str, Decimal], decimals: int) -> Totals:
    """`percents`: of each VAT rate named, on the issue date; `decimals`: of the currency."""
    minor = _ONE.scaleb(-decimals)
    lines: list[tuple[Decimal, Decimal]] = []
    sums: dict[str, Decimal] = {}
    with localcontext(EXACT):
        for line in document.lines:
            price = Decimal(line.regular_price)
            if line.discount not in _NOTHING:
                price *= (_HUNDRED - Decimal(line.discount)) * _CENT
            price = price.quantize(_PRICE)
            value = Decimal(line.quantity) * price
            if line.price_unit not in _ONES:
                value /= Decimal(line.price_unit)
            value = value.quantize(minor)
            lines.append((price, value))
            sums[line.vat_rate] = sums.get(line.vat_rate, 0) + value
        sold, vat = sum(sums.values(), Decimal(0)), Decimal(0)
        for code, amount in sums.items():
            rate = percents[code]
            vat += (amount * rate / (_HUNDRED if document.price_mode == "net" else _HUNDRED + rate)).quantize(minor)
        net, gross = (sold, sold + vat) if document.price_mode == "net" else (sold - vat, sold)
    return Totals(tuple(lines), net, vat, gross)


def wrong_figure(document: Priced, percents: Mapping[str, Decimal], decimals: int) -> Wrong | None:
    """The first figure that is off by more than one minor unit, has more decimals than the currency, or a rate nobody knows."""
    for place, line in enumerate(document.lines):
        if line.vat_rate not in percents:
            return Wrong("field_invalid", {"field": f"lines[{place}].vat_rate", "value": line.vat_rate})
    expected, minor = totals_of(document, percents, decimals), _ONE.scaleb(-decimals)
    with localcontext(EXACT):
        return _off_line(document, expected, minor) or (
            _off("net_total", document.net_total, expected.net, minor)
            or _off("vat_total", document.vat_total, expected.vat, minor)
            or _off("gross_total", document.gross_total, expected.gross, minor)
        )


def _off_line(document: Priced, expected: Totals, minor: Decimal) -> Wrong | None:
    for place, (line, (price, value)) in enumerate(zip(document.lines, expected.lines, strict=True)):
        if line.discounted_price != str(price) and abs(Decimal(line.discounted_price) - price) > minor:
            return _mismatch(f"lines[{place}].discounted_price", line.discounted_price, price)
        if found := _off(f"lines[{place}].value", line.value, value, minor):
            return found
    return None


def _off(field: str, stated: str, expected: Decimal, minor: Decimal) -> Wrong | None:
    if stated == str(expected):  # as it usually is: to compare texts is quicker
        return None
    difference = Decimal(stated) - expected
    if not difference:
        return None
    if difference % minor:
        return Wrong("field_invalid", {"field": field, "value": stated})
    return _mismatch(field, stated, expected) if abs(difference) > minor else None


def _mismatch(field: str, stated: str, expected: Decimal) -> Wrong:
    return Wrong("totals_mismatch", {"field": field, "value": stated, "expected": str(expected)})
