"""What a sales channel is (domain.md 2): its settings as CEE states them, and its name inside Kafka.

Read by every role that handles a record; CEE owns the values, ceebus only follows them.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

ID_PATTERN = r"^[A-Za-z0-9_.-]{1,3}$"
Percent = Annotated[str, StringConstraints(pattern=r"^\d{1,3}(\.\d{1,2})?$")]


class Channel(BaseModel):
    """The settings of one sales channel. `id` never changes; `active=False` stops both directions."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Annotated[str, StringConstraints(pattern=ID_PATTERN)]
    description: Annotated[str, Field(max_length=120)]
    sales_organisation: Annotated[str, Field(max_length=20)]
    adapter: Literal["IBUS"] = "IBUS"
    customer_type: Literal["B2B"] = "B2B"
    price_origin: Literal["sales-order-type"] = "sales-order-type"
    market: Literal["national", "international"] = "national"
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    active: bool
    time_zone: str = "Europe/Warsaw"
    assortment_listing: str
    price_listing: str
    category_root: str
    order_type_zs: str
    order_type_os: str
    default_payment_form: str
    default_payment_term: str
    template_with_tax_id: str
    template_without_tax_id: str
    customer_approval: bool = False
    duplicate_check: Literal["off", "warn", "block"] = "warn"
    confirm_warnings: bool = True
    deactivate_deleted: bool = False
    max_user_discount: Percent
    inventory_owner: str
    availability_warehouses: tuple[str, ...]
    delivery_warehouse: str
    stock_managed: bool = True
    allow_negative: bool = False
    document_history_days: Annotated[int, Field(ge=0, le=1095)] = 90
    file_types: dict[Literal["image", "recording", "other"], str]
    max_attempts: Annotated[int, Field(ge=1, le=100)] = 5


def encode_channel(channel: str) -> str:
    """Channel id -> text of letters, digits and `-`, reversible: `A.b` -> `A-2eb`.

    Kafka treats `.` and `_` in topic names as the same letter, and `.` separates our own name parts.
    """
    return re.sub(r"[^A-Za-z0-9]", lambda found: f"-{ord(found[0]):02x}", channel)


def decode_channel(encoded: str) -> str:
    """The inverse of `encode_channel`."""
    return re.sub(r"-([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), encoded)
