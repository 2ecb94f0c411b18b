"""Sales orders (ZS) and quotes (OS) as CEE states them (domain.md 3.8). Key: `<type>/<hq number>`. Header and lines are one."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints

from schemas.envelope import CeeChange, Contract
from schemas.fields import (
    CurrencyCode,
    Day,
    Figure0,
    Flag,
    Maybe20,
    Maybe255,
    Maybe1000,
    Money,
    Percent,
    Position,
    Price,
    PriceUnit,
    Quantity,
    Text10,
    Text20,
    Text30,
    Text40,
    Text255,
    UserDiscount,
    Uuid,
)
from schemas.keys import joined

# symbol-no/mm/yy/series
MobileNumber = Annotated[str, StringConstraints(max_length=40, pattern=r"^.+-[0-9]+/(?:0[1-9]|1[0-2])/[0-9]{2}/.+$")]


class LineBody(Contract):
    """One line; `value` is net or gross by the document's price mode."""

    position: Position
    article: Text40
    article_name: Text255
    quantity: Quantity
    unit: Text10
    vat_rate: Text10
    warehouse: Maybe20 = None
    regular_price: Price
    discounted_price: Price
    price_unit: PriceUnit
    discount: Percent
    value: Money
    weight: Figure0 | None = None
    description: Maybe255 = None


class Line(LineBody):
    """`outside`: the article is not of the channel's assortment; it travels as a stub."""

    outside: Flag | None = None


class DocumentBody(Contract):
    """What change and payload have in common, the lines excepted. Empty address ids mean the main address."""

    type: Literal["ZS", "OS"]
    hq_number: Text30
    mobile_number: MobileNumber | None = None
    partner: Text20
    payer: Maybe20 = None
    delivery_address: Uuid | None = None
    invoice_address: Uuid | None = None
    origin: Literal["cee", "mobile"]
    rep: Maybe20 = None
    issue_date: Day
    delivery_date: Day | None = None
    expiry_date: Day | None = None
    currency: CurrencyCode
    price_mode: Literal["net", "gross"]
    payment_form: Text20
    payment_term: Maybe20 = None
    shipping_method: Maybe20 = None
    warehouse: Text20
    net_total: Money
    vat_total: Money
    gross_total: Money
    weight: Figure0 | None = None
    description: Maybe1000 = None
    status_general: Literal["in_process", "released", "blocked", "invalid", "completed", "reorganization_started"]
    status_delivery: Literal["none", "part", "full"] | None = None
    status_invoice: Literal["none", "part", "full"] | None = None
    status_order: Literal["none", "part", "full"] | None = None
    recipients: tuple[Text20, ...]


class SalesDocument(DocumentBody, CeeChange, kind="sales-documents"):
    """The view computes `recipients`: who made it, and whose profile covers it."""

    order_type: Text10
    user_discount: UserDiscount | None = None
    lines: Annotated[tuple[Line, ...], Field(min_length=1, max_length=500)]

    example: ClassVar[dict[str, Any]] = {
        "channel": "PL1",
        "kind": "sales-documents",
        "key": "ZS/2026%2F15",
        "member": True,
        "version": 90,
        "type": "ZS",
        "hq_number": "2026/15",
        "partner": "K-100",
        "origin": "cee",
        "issue_date": "2026-03-02",
        "delivery_date": "2026-03-05",
        "currency": "PLN",
        "price_mode": "net",
        "payment_form": "PRZELEW",
        "warehouse": "W1",
        "net_total": "79.80",
        "vat_total": "18.35",
        "gross_total": "98.15",
        "order_type": "ZSM",
        "status_general": "released",
        "status_delivery": "none",
        "status_invoice": "none",
        "recipients": ["R1"],
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

    def own_key(self) -> str:
        return joined(self.type, self.hq_number)
