"""Valid documents and attachments as the writer gets them, for tests that spoil one thing at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from schemas.imports.registry import IMPORTS
from services.writer.model import Imported, Upload
from services.writer.rules.totals import totals_of

PERCENTS = {"V23": Decimal(23), "V8": Decimal(8)}


def line(article: str, **fields: Any) -> dict[str, Any]:
    """Two pieces at 12.50."""
    made = {"article": article, "article_name": "Artykuł", "quantity": "2", "unit": "PCS", "vat_rate": "V23", "discount": "0"}
    return made | {"regular_price": "12.5", "price_unit": "1"} | fields


def document(lines: Sequence[dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """An order of today that adds up; `fields` replace what they name, also the amounts."""
    body: dict[str, Any] = {"type": "ZS", "mobile_number": f"ZS-{uuid4().int % 10**9}/11/26/R1", "price_mode": "net"}
    body |= {"issue_date": date.today().isoformat(), "currency": "PLN", "payment_form": "TRANSFER"} | fields
    totals = totals_of(SimpleNamespace(price_mode=body["price_mode"], lines=[SimpleNamespace(**one) for one in lines]), PERCENTS, 2)  # type: ignore[arg-type]
    amounts = {"net_total": str(totals.net), "vat_total": str(totals.vat), "gross_total": str(totals.gross)}
    body["lines"] = [
        {"position": place, "discounted_price": str(price), "value": str(value)} | one
        for place, (one, (price, value)) in enumerate(zip(lines, totals.lines, strict=True), 1)
    ]
    return amounts | body


def upload(kind: str, body: dict[str, Any], *, source_id: str | None = None, revision: int = 1, **fields: Any) -> Upload:
    """The body as it comes from import.*; equal bodies have equal hashes."""
    source = source_id or str(uuid4())
    rep = fields.pop("rep", "R1")
    stamped = {"channel": "Q1", "kind": kind, "source_id": source, "revision": revision, "client": "device", "device_id": "d1", "rep": rep}
    made = Upload(
        kind=kind,
        source_id=source,
        revision=revision,
        op="upsert",
        client="device",
        sender="device/d1",
        rep=rep,
        device_state="ok",
        upload_id=str(uuid4()),
        content_hash=sha256(json.dumps([rep, body], sort_keys=True).encode()).hexdigest(),
        body=IMPORTS[kind].model_validate_json(json.dumps(stamped | body)),
        received_at=datetime.now(UTC),
    )
    return replace(made, **fields)


def known(upload: Upload, key: str, number: str | None = None) -> Upload:
    """The same upload when CEE has it already."""
    return replace(upload, known=Imported(upload.revision, upload.content_hash, key, number))
