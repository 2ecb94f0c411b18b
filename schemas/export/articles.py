"""Articles as a device receives them (domain.md 3.4)."""

from __future__ import annotations

from typing import Any

from schemas.cee.articles import ArticleBody
from schemas.envelope import Export, Reference
from schemas.keys import entry


class Article(ArticleBody, Export, kind="articles", leaves="deactivate", stub=("number", "name", "base_unit", "sales_unit", "vat_rate")):
    """`orderable`: active and in the assortment."""

    orderable: bool

    @classmethod
    def needs(cls, body: dict[str, Any]) -> list[Reference]:
        units = {body["base_unit"], body["sales_unit"], *(unit["unit"] for unit in body.get("units") or ())}
        return [entry("vat-rates", body["vat_rate"]), *[entry("units", unit) for unit in sorted(units)]]
