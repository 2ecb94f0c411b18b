"""Documents and lines as rows of the reference CEE, sent by COPY in text form: figures go as the device wrote them.

Called by target/documents.py. Twelve lines a document make this the writer's hottest path.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from schemas.channel import Channel
from schemas.keys import joined
from services.kernel.postgres import Connection
from services.writer.rules.documents import Accepted

FRESH = "in_process"  # status_general of a document that CEE has just got

_HEAD = (
    "type hq_number channel mobile_number origin_source_id partner payer delivery_address invoice_address origin rep issue_date "
    "delivery_date expiry_date currency price_mode payment_form payment_term shipping_method warehouse net_total vat_total gross_total "
    "weight description order_type user_discount status_general status_delivery status_invoice status_order version"
)
_LINE = (
    "type hq_number position article article_name quantity unit vat_rate warehouse regular_price discounted_price price_unit discount "
    "value weight description"
)
_STRETCH = 50  # documents a chunk: about 100 kB of lines
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_TABS_IN_LINE = _LINE.count(" ")


@dataclass(frozen=True, slots=True)
class Numbered:
    """A document with its number in CEE and the version it is written with."""

    accepted: Accepted
    number: str
    version: int

    @property
    def key(self) -> str:
        return joined(self.accepted.upload.body.type, self.number)


async def copy(connection: Connection, channel: Channel, documents: Sequence[Numbered]) -> None:
    """Headers first: lines refer to them. Rows are made while CEE takes in those before."""
    if not documents:
        return
    heads = (_head(document, channel) for document in documents)
    lines = ("".join(_lines(document)) for document in documents)
    for table, columns, rows in (("document", _HEAD, heads), ("document_line", _LINE, lines)):
        await connection.copy_to_table(table, source=_chunks(rows), columns=columns.split(), schema_name="cee", format="text", null="")


async def _chunks(rows: Iterator[str]) -> AsyncIterator[bytes]:
    while chunk := "".join(islice(rows, _STRETCH)):
        yield chunk.encode()


def _head(document: Numbered, channel: Channel) -> str:
    upload, body = document.accepted.upload, document.accepted.upload.body
    order = body.type == "ZS"
    values = (
        body.type,
        document.number,
        channel.id,
        body.mobile_number,
        upload.source_id,
        document.accepted.partner.number,
        body.payer,
        body.delivery_address,
        body.invoice_address,
        "mobile",
        upload.rep,
        body.issue_date.isoformat(),
        body.delivery_date and body.delivery_date.isoformat(),
        body.expiry_date and body.expiry_date.isoformat(),
        body.currency,
        body.price_mode,
        body.payment_form or channel.default_payment_form,
        body.payment_term or channel.default_payment_term,
        body.shipping_method,
        body.warehouse,
        body.net_total,
        body.vat_total,
        body.gross_total,
        body.weight,
        body.description,
        channel.order_type_zs if order else channel.order_type_os,
        body.user_discount,
        FRESH,
        "none" if order else None,
        "none" if order else None,
        None if order else "none",
        str(document.version),
    )
    return _escaped(values)


def _lines(document: Numbered) -> Iterable[str]:
    """Escapes only where something is to be escaped, which is hardly ever."""
    start = f"{document.accepted.upload.body.type}\t{document.number.translate(_ESCAPES)}"
    for x in document.accepted.upload.body.lines:
        row = (
            f"{start}\t{x.position}\t{x.article}\t{x.article_name}\t{x.quantity}\t{x.unit}\t{x.vat_rate}\t{x.warehouse or ''}"
            f"\t{x.regular_price}\t{x.discounted_price}\t{x.price_unit}\t{x.discount}\t{x.value}\t{x.weight or ''}\t{x.description or ''}"
        )
        if row.count("\t") == _TABS_IN_LINE and "\\" not in row and "\n" not in row and "\r" not in row:
            yield row + "\n"
        else:
            values = (x.article, x.article_name, x.quantity, x.unit, x.vat_rate, x.warehouse, x.regular_price, x.discounted_price)
            more = (x.price_unit, x.discount, x.value, x.weight, x.description)
            yield f"{start}\t{x.position}\t{_escaped((*values, *more))}"


def _escaped(values: Sequence[str | None]) -> str:
    row = "\t".join([value or "" for value in values])
    if row.count("\t") >= len(values) or "\\" in row or "\n" in row or "\r" in row:
        row = "\t".join((value or "").translate(_ESCAPES) for value in values)
    return row + "\n"


def array_text(values: Sequence[str]) -> str:
    """A text[] as PostgreSQL reads it: its driver encodes element by element, which for thousands costs as much as looking them up."""
    joined = '","'.join(values)
    if joined.count('"') != 2 * (len(values) - 1) or "\\" in joined:
        joined = '","'.join(value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return f'{{"{joined}"}}' if values else "{}"
