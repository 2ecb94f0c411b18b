"""Article categories as a device receives them (domain.md 3.5)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from schemas.cee.article_categories import CategoryBody
from schemas.envelope import Export, Reference
from schemas.keys import escape


class Category(CategoryBody, Export, kind="article-categories", leaves="delete"):
    """`level`: depth, the root has 1."""

    level: Annotated[int, Field(ge=1, le=10)]

    @classmethod
    def needs(cls, body: dict[str, Any]) -> list[Reference]:
        return [("article-categories", escape(body["parent"]))] if body.get("parent") else []

    @classmethod
    def soft(cls, body: dict[str, Any]) -> list[Reference]:
        return [("articles", escape(assignment["article"])) for assignment in body.get("articles") or ()]
