"""Articles as CEE states them (domain.md 3.4). Key: the article's number."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import CeeChange, Contract
from schemas.parts import Amount0, Attribute, Factor, LongNames, Text10, Text20, Text40


class ArticleUnit(Contract):
    """A unit of the article; `factor` converts to the base unit."""

    unit: Text10
    factor: Factor
    eans: Annotated[tuple[str, ...], Field(max_length=10)] = ()


class Media(Contract):
    """A file of the article; it travels with `attachments`."""

    ref: str
    type: Literal["image", "other"]


class ArticleBody(Contract):
    """What change and payload have in common."""

    number: Text40
    name: LongNames
    vat_rate: Text20
    base_unit: Text10
    sales_unit: Text10
    units: Annotated[tuple[ArticleUnit, ...], Field(max_length=20)] = ()
    eans: Annotated[tuple[str, ...], Field(max_length=10)] = ()
    weight: Amount0 | None = None
    price_class: Text20 | None = None
    flags: frozenset[Literal["new", "best_seller", "free_shipping"]] = frozenset()
    attributes: Annotated[tuple[Attribute, ...], Field(max_length=100)] = ()
    logo: str | None = None
    media: Annotated[tuple[Media, ...], Field(max_length=20)] = ()
    stock_managed: bool
    allow_negative: bool | None = None


class Article(ArticleBody, CeeChange, kind="articles"):
    """`in_assortment` is the view's `member` together with `status`."""

    in_assortment: bool = True
    status: Literal["active", "blocked", "marked_for_deletion"] = "active"
