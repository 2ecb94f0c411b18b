"""Bad documents and attachments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.sandbox.generate.bad.people import FOREIGN, STRANGER
from services.sandbox.generate.bad.spoil import Spoil
from services.sandbox.generate.documents import LINE_COLUMNS, sales_line
from services.sandbox.generate.files import picture_jpg, picture_png
from services.sandbox.generate.ids import uuid
from services.sandbox.generate.plan import Article, escape

LARGEST = 3 * 1024 * 1024
LINES = LINE_COLUMNS.split()


def documents(spoil: Spoil) -> None:
    """Wrong currency, too many lines, wrong fields, a partner and a rep who can't be sent, an article outside the assortment."""
    today, good = spoil.plan.today, spoil.company.articles[0]
    _document(spoil, "WALUTA", "currency_mismatch", [good], currency="CHF")
    _document(spoil, "LINIE", "too_many_lines", [good] * 501)
    _document(spoil, "OPIS", "field_too_long", [good], description="Uwagi do zamówienia. " * 50)
    _document(spoil, "DATY", "field_invalid", [good], delivery_date=today - timedelta(days=30))
    _document(spoil, "STATUS", "field_missing", [good], status_delivery=None)
    _document(spoil, "PARTNER", "reference_missing", [good], partner=spoil.code(FOREIGN))
    source = uuid(spoil.rng)
    born = {"origin": "mobile", "rep": spoil.code(STRANGER), "mobile_number": f"ZS-1/{today:%m/%y}/999", "origin_source_id": source}
    _document(spoil, "REP", "reference_missing", [good], **born)
    _document(spoil, "POZA", "article_outside_assortment", [good, spoil.company.outside[0]])


def _document(spoil: Spoil, code: str, result: str, articles: list[Article], **columns: Any) -> None:
    plan = spoil.plan
    number = f"ZS-{plan.channel}-Z/{code}"
    lines = [sales_line(article, 2, 0) for article in articles]
    net = sum(value for _line, value in lines)
    vat = (net * 23 + 50) // 100
    totals = {name: Decimal(value).scaleb(-2) for name, value in (("net_total", net), ("vat_total", vat), ("gross_total", net + vat))}
    row = {
        "channel": plan.channel,
        "partner": spoil.company.partners[0].number,
        "issue_date": plan.today - timedelta(days=2),
        "currency": plan.currency,
    }
    row |= {"payment_form": "PRZELEW", "payment_term": "14D", "warehouse": spoil.company.warehouses[0], "order_type": "ZSM", **totals}
    row |= {"status_general": "released", "status_delivery": "none", "status_invoice": "none"}
    spoil.row("document", type="ZS", hq_number=number, **(row | columns))
    for position, (line, _value) in enumerate(lines, 1):
        spoil.row("document_line", **dict(zip(LINES, ("ZS", number, position, *line), strict=True)))
    spoil.bad("sales-documents", f"ZS/{escape(number)}", result)


def attachments(spoil: Spoil) -> None:
    """Too large, of a forbidden or the wrong type, too long a note or name, the same file twice, of a partner who can't be sent."""
    picture = picture_jpg(spoil.rng)
    _attachment(spoil, "attachment_too_large", content=picture + bytes(LARGEST + 1 - len(picture)))
    _attachment(spoil, "extension_not_allowed", type="file", name="instalator.exe", extension="exe", content=b"MZ" + bytes(62))
    _attachment(spoil, "content_type_mismatch", content=picture_png(spoil.rng))
    _attachment(spoil, "note_too_long", type="note", name="Notatka", extension=None, text="Klient opowiada. " * 240)
    _attachment(spoil, "field_too_long", name="Zdjęcie regału " * 9 + ".jpg", content=picture_jpg(spoil.rng))
    _attachment(spoil, "reference_missing", owner_key=escape(spoil.code(FOREIGN)), content=picture_jpg(spoil.rng))
    _attachment(spoil, None, content=picture)
    later = datetime(spoil.plan.today.year, spoil.plan.today.month, spoil.plan.today.day, tzinfo=UTC)
    _attachment(spoil, "duplicate_attachment", content=picture, created_at=later)


def _attachment(spoil: Spoil, result: str | None, **columns: Any) -> None:
    """Attachments of one good partner; of two alike the one made later, with the higher id, is the duplicate."""
    last = 0xFFFF << 112 if result == "duplicate_attachment" else 0
    made = UUID(int=uuid(spoil.rng).int | last)
    row: dict[str, Any] = {
        "owner_kind": "partner",
        "owner_key": escape(spoil.company.partners[0].number),
        "type": "image",
        "name": "Regał.jpg",
    }
    row |= {"extension": "jpg", "content": None, "text": None, "created_at": datetime(2024, 1, 1, tzinfo=UTC)}
    spoil.row("attachment", id=made, **(row | columns))
    if result:
        spoil.bad("attachments", str(made), result)
