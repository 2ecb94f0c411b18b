"""Articles as CEE states them (domain.md 3.4). Key: the article's number."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from schemas.envelope import CeeChange, Contract
from schemas.fields import Factor, Figure0, Flag, Maybe20, Text10, Text40, Uuid
from schemas.keys import escape
from schemas.parts import Attribute, LongNames

Eans = Annotated[tuple[str, ...], Field(max_length=10)]  # wrong ones are left out with a remark, not refused


class ArticleUnit(Contract):
    """A unit of the article; `factor` converts to the base unit."""

    unit: Text10
    factor: Factor
    eans: Eans | None = None


class Media(Contract):
    """A file of the article; it travels with `attachments`."""

    ref: Uuid
    type: Literal["image", "other"]


class ArticleBody(Contract):
    """What change and payload have in common. `allow_negative` empty = as the channel says."""

    number: Text40
    name: LongNames
    vat_rate: Text10
    base_unit: Text10
    sales_unit: Text10
    units: Annotated[tuple[ArticleUnit, ...], Field(max_length=20)] | None = None
    eans: Eans | None = None
    weight: Figure0 | None = None
    price_class: Maybe20 = None
    flags: tuple[Literal["new", "best_seller", "free_shipping"], ...] | None = None
    attributes: Annotated[tuple[Attribute, ...], Field(max_length=100)] | None = None
    logo: Uuid | None = None
    media: Annotated[tuple[Media, ...], Field(max_length=20)] | None = None
    stock_managed: Flag
    allow_negative: Flag | None = None


class Article(ArticleBody, CeeChange, kind="articles"):
    """`in_assortment` is part of the view's `member`; false = the article left the channel."""

    in_assortment: Flag | None = None
    status: Literal["active", "blocked", "marked_for_deletion"]

    example: ClassVar[dict[str, Any]] = {
        "channel": "PL1",
        "kind": "articles",
        "key": "M-1%2F2",
        "member": True,
        "version": 12,
        "number": "M-1/2",
        "name": {"pl": "Młotek 500 g", "de": "Hammer 500 g"},
        "in_assortment": True,
        "status": "active",
        "vat_rate": "A23",
        "base_unit": "pcs",
        "sales_unit": "pcs",
        "units": [{"unit": "pcs", "factor": "1", "eans": ["5901234123457"]}, {"unit": "box", "factor": "12"}],
        "weight": "0.550",
        "flags": ["new"],
        "attributes": [{"name": "Trzonek", "type": "text", "value": "jesion"}],
        "stock_managed": True,
    }

    def own_key(self) -> str:
        return escape(self.number)
