"""Sales orders (ZS) and quotes (OS) as CEE states them (domain.md 3.8). Key: `<type>/<hq number>`. Header and lines are one."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import CeeChange, Contract
from schemas.parts import (
    Amount,
    Amount0,
    Currency,
    DayOrNone,
    Percent,
    Price,
    PriceUnit,
    Quantity,
    Text10,
    Text20,
    Text30,
    Text40,
    Text255,
    Text1000,
)


class LineBody(Contract):
    """One position; `value` is net or gross by the document's price mode."""

    position: Annotated[int, Field(gt=0)]
    article: Text40
    article_name: Text255
    quantity: Quantity
    unit: Text10
    vat_rate: Text20
    warehouse: Text20 | None = None
    regular_price: Price
    discounted_price: Price
    price_unit: PriceUnit
    discount: Percent
    value: Amount
    weight: Amount0 | None = None
    description: Text255 | None = None


class Line(LineBody):
    """`outside`: the article is not of the channel's assortment; it travels as a stub."""

    outside: bool = False


class DocumentBody(Contract):
    """What change and payload have in common, the lines excepted."""

    type: Literal["ZS", "OS"]
    hq_number: Text30
    mobile_number: Text40 | None = None
    partner: Text20
    payer: Text20 | None = None
    delivery_address: str | None = None
    invoice_address: str | None = None
    origin: Literal["cee", "mobile"]
    rep: Text20 | None = None
    issue_date: date
    delivery_date: DayOrNone = None
    expiry_date: DayOrNone = None
    currency: Currency
    price_mode: Literal["net", "gross"]
    payment_form: Text20
    payment_term: Text20 | None = None
    shipping_method: Text20 | None = None
    warehouse: Text20
    net_total: Amount
    vat_total: Amount
    gross_total: Amount
    weight: Amount0 | None = None
    description: Text1000 | None = None
    status_general: Literal["in_process", "released", "blocked", "invalid", "completed", "reorganization_started"]
    status_delivery: Literal["none", "part", "full"] | None = None
    status_invoice: Literal["none", "part", "full"] | None = None
    status_order: Literal["none", "part", "full"] | None = None
    recipients: tuple[str, ...]


class SalesDocument(DocumentBody, CeeChange, kind="sales-documents"):
    """The view computes `recipients`: who made it, and whose profile covers it."""

    order_type: Text10 | None = None
    user_discount: Percent | None = None
    lines: tuple[Line, ...]
