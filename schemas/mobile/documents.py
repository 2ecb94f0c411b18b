"""Orders (ZS) and quotes (OS) as a device sends them (domain.md 4.2). Header and lines are one; read-only once uploaded."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from schemas.cee.sales_documents import LineBody, MobileNumber
from schemas.envelope import Contract
from schemas.fields import (
    CurrencyCode,
    Day,
    Figure0,
    Flag,
    Maybe20,
    Maybe1000,
    Money,
    PartnerRef,
    Text20,
    UserDiscount,
    Uuid,
)
from schemas.mobile.envelope import Upload


class DocumentFields(Contract):
    """What an upload and the record to write have in common. Empty address ids mean the main address."""

    type: Literal["ZS", "OS"]
    mobile_number: MobileNumber
    payer: Maybe20 = None
    delivery_address: Uuid | None = None
    invoice_address: Uuid | None = None
    issue_date: Day
    delivery_date: Day | None = None
    expiry_date: Day | None = None
    currency: CurrencyCode
    price_mode: Literal["net", "gross"]
    payment_term: Maybe20 = None
    shipping_method: Maybe20 = None
    warehouse: Text20
    user_discount: UserDiscount | None = None
    net_total: Money
    vat_total: Money
    gross_total: Money
    weight: Figure0 | None = None
    description: Maybe1000 = None
    lines: Annotated[tuple[LineBody, ...], Field(min_length=1, max_length=500)]


class Document(DocumentFields, Upload, kind="documents"):
    """`partner`: a number, or the source_id of a new partner. `payment_form` empty: the channel's default."""

    partner: PartnerRef
    payment_form: Maybe20 = None
    confirmed: Flag

    example: ClassVar[dict[str, Any]] = {
        "channel": "PL1",
        "kind": "documents",
        "source_id": "5d0c5f5e-7a43-4d0f-9d7d-0a6f0f0f1a02",
        "revision": 1,
        "client": "device",
        "device_id": "d-7",
        "db_epoch": "c7a9a0c2-53c4-4a4b-b0f7-6f3a4d7c9e10",
        "rep": "R1",
        "type": "ZS",
        "mobile_number": "ZS-17/03/26/R1",
        "partner": "5d0c5f5e-7a43-4d0f-9d7d-0a6f0f0f1a01",
        "issue_date": "2026-03-02",
        "delivery_date": "2026-03-05",
        "currency": "PLN",
        "price_mode": "net",
        "payment_form": "PRZELEW",
        "warehouse": "W1",
        "net_total": "79.80",
        "vat_total": "18.35",
        "gross_total": "98.15",
        "confirmed": True,
        "lines": [
            {
                "position": 1,
                "article": "M-1/2",
                "article_name": "Młotek 500 g",
                "quantity": "2.000",
                "unit": "pcs",
                "vat_rate": "A23",
                "regular_price": "39.9000",
                "discounted_price": "39.9000",
                "price_unit": "1",
                "discount": "0.00",
                "value": "79.80",
            }
        ],
    }
