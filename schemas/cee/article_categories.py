"""Categories of the channel's article tree as CEE states them (domain.md 3.5). Key: the category's id."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.envelope import CeeChange, Contract
from schemas.parts import Names, Text40


class Assignment(Contract):
    """An article in a category and its place there."""

    article: Text40
    position: int = 0


class CategoryBody(Contract):
    """What change and payload have in common."""

    id: Text40
    name: Names
    parent: Text40 | None = None
    position: Annotated[int, Field(ge=0)] = 0
    articles: tuple[Assignment, ...] = ()


class Category(CategoryBody, CeeChange, kind="article-categories"):
    """The view computes `level` (root = 1) and finds cycles, depth, duplicates and another root (`problems`)."""

    status: Literal["in_process", "released"] = "released"
    level: int | None = None
    root: str | None = None
