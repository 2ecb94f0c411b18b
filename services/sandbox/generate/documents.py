"""Orders and quotes of the channel with their lines: the history devices show, older closed ones, and older open ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from services.sandbox.generate.dictionaries import VAT
from services.sandbox.generate.ids import uuid
from services.sandbox.generate.plan import Article, Batch, Company, Document, Partner, Plan

DOCUMENT_COLUMNS = (
    "type hq_number channel mobile_number origin_source_id partner delivery_address origin rep issue_date delivery_date expiry_date "
    "currency payment_form payment_term shipping_method warehouse net_total vat_total gross_total weight description order_type "
    "user_discount status_general status_delivery status_invoice status_order"
)
LINE_COLUMNS = (
    "type hq_number position article article_name quantity unit vat_rate warehouse "
    "regular_price discounted_price price_unit discount value weight"
)
HISTORY = 90  # days; what is closed and older is not sent
CHUNK = 2_000  # documents held in memory at a time
SHIPPING = ("Kurier", "Odbiór własny", "Transport własny", None)
NOTES = (None,) * 8 + ("Dostawa przed 12:00", "Proszę o telefon przed dostawą")
DISCOUNTS = (0, 0, 0, 500, 750, 1000)  # hundredths of a percent


@dataclass(frozen=True, slots=True)
class Sketch:
    """A document before its lines: type, number, age in days, open or closed."""

    type: str
    number: str
    age: int
    status: str


def sketches(plan: Plan) -> Iterator[Sketch]:
    """size.documents that devices show, plus one in twenty closed long ago; one in eight is a quote."""
    rng = plan.rng("document heads")
    sent = plan.size.documents
    for place in range(sent + sent // 20):
        kind = "OS" if rng.random() < 0.125 else "ZS"
        if place >= sent:
            age, status = HISTORY + rng.randint(1, 400), "completed"
        elif place % 200 == 199:
            age, status = HISTORY + rng.randint(1, 60), "released"  # old and still open: always sent
        else:
            age = int(HISTORY * rng.random())
            status = _status(rng, age)
        yield Sketch(kind, f"{kind}-{plan.channel}-{place + 1:06d}", age, status)


def _status(rng: Random, age: int) -> str:
    drawn = rng.random()
    if drawn < 0.02:
        return "invalid"
    if age < 10:
        return "in_process" if drawn < 0.2 else "blocked" if drawn < 0.24 else "released"
    return "completed" if drawn < 0.9 else "released"


class DocumentMaker:
    """Draws documents with lines that add up (domain.md 4.2)."""

    def __init__(self, plan: Plan, company: Company) -> None:
        self._plan, self._company = plan, company
        self._rng = plan.rng("documents")
        self._customers = [partner for partner in company.partners if partner.role == "customer"]
        self._mobile = 0
        self._spare: int | None = None

    def batches(self) -> Iterator[Batch]:
        """Headers and lines by turns, a chunk each."""
        chunk: list[Sketch] = []
        for sketch in sketches(self._plan):
            chunk.append(sketch)
            if len(chunk) == CHUNK:
                yield from self._chunk(chunk)
                chunk = []
        yield from self._chunk(chunk)

    def _chunk(self, chunk: list[Sketch]) -> Iterator[Batch]:
        heads: list[tuple[Any, ...]] = []
        lines: list[tuple[Any, ...]] = []
        for sketch in chunk:
            head, own = self.make(sketch, self._rng.choice(self._customers))
            heads.append(head)
            lines += own
        yield Batch("sales-documents", "document", tuple(DOCUMENT_COLUMNS.split()), heads, len(heads))
        yield Batch("sales-documents", "document_line", tuple(LINE_COLUMNS.split()), lines)

    def make(self, sketch: Sketch, partner: Partner) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
        """(header, lines) in the order of the column lists; the document is noted in the company."""
        rng, plan = self._rng, self._plan
        self._company.documents.append(Document(sketch.type, sketch.number, partner.number))
        issued = plan.today - timedelta(days=sketch.age)
        lines, sums, weight = self._lines(sketch)
        net = sum(sums.values())
        vat = sum((value * VAT[code] + 50) // 100 for code, value in sums.items())
        totals = tuple(Decimal(amount).scaleb(-2) for amount in (net, vat, net + vat))
        quote = sketch.type == "OS"
        kind = (plan.currency, partner.payment_form, partner.payment_term, rng.choice(SHIPPING), self._company.warehouses[0])
        dates = (issued, None if quote else issued + timedelta(days=rng.randint(1, 7)), issued + timedelta(days=30) if quote else None)
        address = rng.choice(partner.addresses) if rng.random() < 0.3 else None
        ends = (weight, rng.choice(NOTES), "OSM" if quote else "ZSM", None, sketch.status, *self._statuses(sketch))
        born = self._born(sketch, partner, issued)
        head = (sketch.type, sketch.number, plan.channel, *born[:2], partner.number, address, *born[2:], *dates, *kind, *totals, *ends)
        return head, lines

    def _born(self, sketch: Sketch, partner: Partner, issued: date) -> tuple[Any, ...]:
        """(mobile number, source id, origin, rep): every second one was written on a device."""
        rng = self._rng
        if rng.random() < 0.5:
            return None, None, "cee", None
        self._mobile += 1
        rep = rng.choice(partner.reps or self._company.reps)
        place = self._company.reps.index(rep) + 1
        return f"{sketch.type}-{self._mobile}/{issued:%m/%y}/{place:03d}", uuid(rng), "mobile", rep

    def _statuses(self, sketch: Sketch) -> tuple[str | None, str | None, str | None]:
        if sketch.type == "OS":
            return None, None, "full" if sketch.status == "completed" else "none"
        if sketch.status == "completed":
            return "full", "full", None
        return (self._rng.choice(("none", "none", "part")), "none", None) if sketch.status == "released" else ("none", "none", None)

    def _count(self) -> int:
        """size.lines on average, exactly: what one document has more, the next has less."""
        spare, self._spare = self._spare, None
        if spare is None:
            spare = self._spare = self._rng.randint(1 - self._plan.size.lines, self._plan.size.lines - 1)
            return self._plan.size.lines + spare
        return self._plan.size.lines - spare

    def _lines(self, sketch: Sketch) -> tuple[list[tuple[Any, ...]], dict[str, int], Decimal]:
        rng, company = self._rng, self._company
        lines: list[tuple[Any, ...]] = []
        sums: dict[str, int] = {}
        weight = Decimal(0)
        for position, article in enumerate(rng.choices(company.articles, k=self._count()), 1):
            if company.outside and rng.random() < 0.0005:
                article = rng.choice(company.outside)
            line, value = sales_line(article, rng.randint(1, 40), rng.choice(DISCOUNTS))
            sums[article.vat_rate] = sums.get(article.vat_rate, 0) + value
            weight += line[-1]
            lines.append((sketch.type, sketch.number, position, *line))
        return lines, sums, weight


def sales_line(article: Article, quantity: int, discount: int) -> tuple[tuple[Any, ...], int]:
    """(columns from `article` on, value in minor units); `discount` in hundredths of a percent, all rounded half up."""
    by = article.price_unit
    regular = article.price * by
    reduced = (regular * (10_000 - discount) + 5_000) // 10_000
    value = (quantity * reduced + 50 * by) // (100 * by)
    amounts = (
        Decimal(regular).scaleb(-4),
        Decimal(reduced).scaleb(-4),
        Decimal(by),
        Decimal(discount).scaleb(-2),
        Decimal(value).scaleb(-2),
    )
    head = (article.number, article.name["pl"], Decimal(quantity), article.units[0][0], article.vat_rate, None)
    return (*head, *amounts, article.weight * quantity), value
