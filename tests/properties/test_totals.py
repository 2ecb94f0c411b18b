"""The totals of documents: what the rule computes passes, what is off by more than one minor unit is named, and fractions agree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.writer.rules.totals import Totals, Wrong, percent_on, totals_of, wrong_figure

PERCENTS = {"A23": Decimal("23.00"), "B08": Decimal("8"), "C05": Decimal("5.5"), "ZW": Decimal(0)}


@dataclass(frozen=True)
class Line:
    quantity: str
    price_unit: str
    regular_price: str
    discount: str
    vat_rate: str
    discounted_price: str = "0"
    value: str = "0"


@dataclass(frozen=True)
class Document:
    price_mode: Any
    lines: tuple[Line, ...]
    net_total: str = "0"
    vat_total: str = "0"
    gross_total: str = "0"


def decimal(digits: int, scale: int, least: int = 0) -> st.SearchStrategy[str]:
    """Figures as devices write them, with and without trailing zeros."""
    whole = st.one_of(st.integers(least, 10 ** min(digits, 6)), st.integers(least, 10**digits - 1))
    return st.builds(
        lambda number, short: format(Decimal(number).scaleb(-scale).normalize() if short else Decimal(number).scaleb(-scale), "f"),
        whole,
        st.booleans(),
    )


lines = st.builds(
    Line,
    quantity=decimal(12, 3, least=1),
    price_unit=st.one_of(st.just("1"), st.just("100"), decimal(9, 3, least=1)),
    regular_price=decimal(12, 4),
    discount=decimal(4, 2),
    vat_rate=st.sampled_from(sorted(PERCENTS)),
)
drafts = st.builds(Document, price_mode=st.sampled_from(["net", "gross"]), lines=st.lists(lines, min_size=1, max_size=6).map(tuple))
decimals = st.integers(0, 3)


def filled(draft: Document, of: Totals) -> Document:
    """The document as a device that computes like CEE would send it."""
    made = tuple(
        replace(line, discounted_price=str(price), value=str(value)) for line, (price, value) in zip(draft.lines, of.lines, strict=True)
    )
    return replace(draft, lines=made, net_total=str(of.net), vat_total=str(of.vat), gross_total=str(of.gross))


def half_up(number: Fraction, places: int) -> Fraction:
    return Fraction(floor(number * 10**places + Fraction(1, 2)), 10**places)


def by_fractions(draft: Document, places: int) -> tuple[list[tuple[Fraction, Fraction]], Fraction, Fraction, Fraction]:
    """domain.md 4.2 once more, in other words and with other numbers."""
    found, sums = [], dict.fromkeys(PERCENTS, Fraction(0))
    for line in draft.lines:
        price = half_up(Fraction(line.regular_price) * (1 - Fraction(line.discount) / 100), 4)
        value = half_up(Fraction(line.quantity) / Fraction(line.price_unit) * price, places)
        found.append((price, value))
        sums[line.vat_rate] += value
    net = vat = gross = Fraction(0)
    for code, amount in sums.items():
        rate = Fraction(PERCENTS[code]) / 100
        if draft.price_mode == "net":
            tax = half_up(amount * rate, places)
            net, vat, gross = net + amount, vat + tax, gross + amount + tax
        else:
            tax = half_up(amount * rate / (1 + rate), places)
            net, vat, gross = net + amount - tax, vat + tax, gross + amount
    return found, net, vat, gross


@given(drafts, decimals)
def test_a_document_computed_by_the_rule_passes(draft: Document, places: int) -> None:
    assert wrong_figure(filled(draft, totals_of(draft, PERCENTS, places)), PERCENTS, places) is None


@given(drafts, decimals)
def test_fractions_come_to_the_same_amounts(draft: Document, places: int) -> None:
    computed = totals_of(draft, PERCENTS, places)
    found, net, vat, gross = by_fractions(draft, places)
    assert [(Fraction(price), Fraction(value)) for price, value in computed.lines] == found
    assert (Fraction(computed.net), Fraction(computed.vat), Fraction(computed.gross)) == (net, vat, gross)


@pytest.mark.parametrize("mode", ["net", "gross"])
def test_the_greatest_figures_a_contract_lets_through_are_judged_too(mode: str) -> None:
    huge = Line("999999999999999.999", "0.001", "99999999999.9999", "0.01", "A23", "0", "0")
    found = wrong_figure(Document(mode, (huge,)), PERCENTS, 2)
    assert found is not None
    assert (found.code, found.params["field"]) == ("totals_mismatch", "lines[0].discounted_price")
    found = wrong_figure(Document(mode, (replace(huge, discounted_price="99989999999.9999"),)), PERCENTS, 2)
    assert found is not None
    assert (found.code, found.params["field"], found.params["value"]) == ("totals_mismatch", "lines[0].value", "0")
    assert wrong_figure(filled(Document(mode, (huge,)), totals_of(Document(mode, (huge,)), PERCENTS, 3)), PERCENTS, 3) is None


moves = st.tuples(st.integers(-(10**6), 10**6), st.integers(0, 10**6))


@given(drafts, decimals, moves)
def test_a_figure_moved_by_more_than_one_minor_unit_is_named(draft: Document, places: int, move: tuple[int, int]) -> None:
    units, choice = move
    right = filled(draft, totals_of(draft, PERCENTS, places))
    figures = ["net_total", "vat_total", "gross_total"]
    figures += [f"lines[{at}].{name}" for at in range(len(right.lines)) for name in ("discounted_price", "value")]
    field = figures[choice % len(figures)]
    moved, value = with_figure(right, field, Decimal(units).scaleb(-places))
    found = wrong_figure(moved, PERCENTS, places)
    if abs(units) <= 1:
        assert found is None
    else:
        assert isinstance(found, Wrong)
        assert (found.code, found.params["field"], found.params["value"]) == ("totals_mismatch", field, value)
        assert Decimal(found.params["expected"]) + Decimal(units).scaleb(-places) == Decimal(value)


@given(drafts, st.integers(0, 2))
def test_an_amount_finer_than_the_currency_is_refused(draft: Document, places: int) -> None:
    right = filled(draft, totals_of(draft, PERCENTS, places))
    moved, value = with_figure(right, "gross_total", Decimal(1).scaleb(-places - 1))
    assert wrong_figure(moved, PERCENTS, places) == Wrong("field_invalid", {"field": "gross_total", "value": value})


@given(drafts)
def test_a_rate_that_nobody_knows_is_refused(draft: Document) -> None:
    known = {code: percent for code, percent in PERCENTS.items() if code != draft.lines[0].vat_rate}
    expected = Wrong("field_invalid", {"field": "lines[0].vat_rate", "value": draft.lines[0].vat_rate})
    assert wrong_figure(draft, known, 2) == expected


@given(st.lists(st.tuples(st.dates(), st.decimals(0, 100, places=2)), unique_by=lambda pair: pair[0]), st.dates())
def test_the_rate_is_the_one_valid_on_the_day(values: list[tuple[date, Decimal]], day: date) -> None:
    begun = {valid_from: percent for valid_from, percent in values if valid_from <= day}
    assert percent_on(values, day) == (begun[max(begun)] if begun else None)


@pytest.mark.parametrize(
    ("mode", "net", "vat", "gross"),
    [("net", "0.51", "0.03", "0.54"), ("gross", "0.48", "0.03", "0.51")],
)
def test_halves_are_rounded_up(mode: str, net: str, vat: str, gross: str) -> None:
    """Half of 1.01 is 0.505; 5.5 % of 0.51 and 5.5/105.5 of it are 0.028 and 0.027."""
    draft = Document(mode, (Line("0.5", "1", "1.0100", "0.00", "C05"),))
    computed = totals_of(draft, PERCENTS, 2)
    assert [str(value) for _price, value in computed.lines] == ["0.51"], "to even it would be 0.50"
    assert (str(computed.net), str(computed.vat), str(computed.gross)) == (net, vat, gross)


def with_figure(document: Document, field: str, by: Decimal) -> tuple[Document, str]:
    """The document with one figure moved; the figure as it stands now."""
    if not field.startswith("lines"):
        value = str(Decimal(getattr(document, field)) + by)
        return replace(document, **{field: value}), value
    place, name = int(field[6 : field.index("]")]), field.rpartition(".")[2]
    value = str(Decimal(getattr(document.lines[place], name)) + by)
    line = replace(document.lines[place], **{name: value})
    return replace(document, lines=(*document.lines[:place], line, *document.lines[place + 1 :])), value
