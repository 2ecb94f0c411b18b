"""Warns of prices that are not CEE's current ones (domain.md 3.7, 4.2). Called by target/documents.py.

The look-up is made where the prices are, and only lines that differ come back: to fetch each line's candidates costs as much and
leaves the choice to Python. It is asked before the rules judge, so that CEE and the rules work at the same time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from operator import attrgetter
from pathlib import Path
from typing import Any

from schemas.channel import Channel
from services.kernel.guard import Remark
from services.kernel.postgres import Connection, Queries, Row
from services.writer.model import Upload
from services.writer.rules.documents import Facts, Partner
from services.writer.rules.totals import EXACT, percent_on
from services.writer.target.document_rows import array_text

QUERIES = Queries(Path(__file__).with_name("prices.sql"))
_LAST = 1 << 31  # a list that is not on the rep's profile comes after its equals
_LOOKED_UP = attrgetter("article", "unit", "quantity", "regular_price", "price_unit")
_PRICE = Decimal("0.0001")
_HUNDRED = Decimal(100)

Sold = tuple[Upload, Partner]
Outdated = dict[str, tuple[Remark, ...]]  # by source_id
Codes = tuple[tuple[str, ...], tuple[str, ...]]  # of lists in order; of those of them that state prices in the other mode


@dataclass(frozen=True, slots=True)
class Question:
    """The lines to look up: the set of lists of each, and the document it stands in."""

    lists: _Lists
    sets: list[Codes]
    set_of: list[str]
    documents: list[Upload]
    lines: list[Any]

    async def answer(self, connection: Connection, facts: Facts) -> Outdated:
        """`price_outdated` of each document with a price that differs; what has no list price has no remark."""
        if not self.lines:
            return {}
        columns = [array_text(column) for column in zip(*map(_LOOKED_UP, self.lines), strict=True)]
        found: Outdated = {}
        for row in await connection.fetch(QUERIES.differing, facts.today, self.sets, array_text(self.set_of), *columns):
            upload, line = self.documents[row["place"] - 1], self.lines[row["place"] - 1]
            remark = _remark(upload.body, line, row, self.lists.modes[row["list"]] == upload.body.price_mode, facts)
            if remark is not None:
                found[upload.source_id] = (*found.get(upload.source_id, ()), remark)
        return found


class _Lists:
    """The channel's lists of the day and how each rep's profile orders equals among them."""

    def __init__(self, rows: Sequence[Row], priorities: Sequence[Row]) -> None:
        self._rows = rows
        self._priorities = {(row["rep"], row["list"]): row["priority"] for row in priorities}
        self._customers = {row["customer"] for row in rows if row["level"] == "customer-item"}
        self._found: dict[tuple[str | None, str | None, str, str], Codes] = {}
        self.modes = {row["code"]: row["price_mode"] for row in rows}

    def of(self, partner: Partner, rep: str, mode: str) -> Codes:
        """Those that apply, the first to look into first. Most partners have no list of their own and share this."""
        whose = (partner.number if partner.number in self._customers else None, partner.price_class, rep, mode)
        if whose not in self._found:
            self._found[whose] = self._choose(partner, rep, mode)
        return self._found[whose]

    def _choose(self, partner: Partner, rep: str, mode: str) -> Codes:
        applied = [row for row in self._rows if _applies(row, partner)]
        applied.sort(key=lambda row: (row["priority"], self._priorities.get((rep, row["code"]), _LAST), row["code"]))
        codes = tuple(row["code"] for row in applied)
        return codes, tuple(code for code in codes if self.modes[code] != mode)


async def question(connection: Connection, channel: Channel, sold: Sequence[Sold], facts: Facts) -> Question:
    """What is to be looked up for these documents."""
    partners = list({partner.number for _, partner in sold})
    classes = list({partner.price_class for _, partner in sold if partner.price_class})
    rows = await connection.fetch(QUERIES.lists, channel.price_listing, facts.today, partners, classes)
    reps = list({upload.rep for upload, _ in sold})
    asked = Question(_Lists(rows, await connection.fetch(QUERIES.priorities, channel.id, reps)), [], [], [], [])
    places: dict[Codes, int] = {}
    for upload, partner in sold:
        lines = upload.body.lines
        codes = asked.lists.of(partner, upload.rep, upload.body.price_mode)
        if codes[0]:
            place = places.setdefault(codes, len(places) + 1)
            asked.lines.extend(lines)
            asked.documents.extend([upload] * len(lines))
            asked.set_of.extend([str(place)] * len(lines))
    asked.sets.extend(places)
    return asked


def _applies(row: Row, partner: Partner) -> bool:
    if row["level"] == "customer-item":
        return bool(row["customer"] == partner.number)
    if row["level"] == "customer-class-item":
        return partner.price_class is not None and bool(row["customer_class"] == partner.price_class)
    return True


def _remark(document: Any, line: Any, row: Row, same_mode: bool, facts: Facts) -> Remark | None:
    """None: the list states its prices in the other mode, and in the document's mode it is the same price."""
    with localcontext(EXACT):
        expected = row["price"] * Decimal(line.price_unit) / row["price_unit"]
        if not same_mode:
            share = _HUNDRED + (percent_on(facts.rates.get(line.vat_rate, ()), document.issue_date) or 0)
            expected = expected * share / _HUNDRED if document.price_mode == "gross" else expected * _HUNDRED / share
        expected = expected.quantize(_PRICE)
    if expected == Decimal(line.regular_price):
        return None
    return Remark("price_outdated", {"position": line.position, "value": line.regular_price, "expected": str(expected)})
