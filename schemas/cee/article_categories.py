"""Categories of the channel's article tree as CEE states them (domain.md 3.5). Key: the category's id."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from schemas.envelope import CeeChange, Contract
from schemas.fields import Maybe40, Rank, Text40, Whole
from schemas.keys import escape
from schemas.parts import Names


class Assignment(Contract):
    """An article in a category and its place there."""

    article: Text40
    position: Rank | None = None


class CategoryBody(Contract):
    """What change and payload have in common. `parent` is empty for the root only."""

    id: Text40
    name: Names
    parent: Maybe40 = None
    position: Whole | None = None
    articles: tuple[Assignment, ...] | None = None


class Category(CategoryBody, CeeChange, kind="article-categories"):
    """The view computes `level` (root = 1) and `root`, and finds cycles, depth and another root (`problems`)."""

    status: Literal["in_process", "released"]
    level: Whole | None = None
    root: Maybe40 = None

    example: ClassVar[dict[str, Any]] = {
        "channel": "PL1",
        "kind": "article-categories",
        "key": "MLOTKI",
        "member": True,
        "version": 3,
        "id": "MLOTKI",
        "name": {"pl": "Młotki"},
        "parent": "NARZEDZIA",
        "position": 2,
        "status": "released",
        "root": "NARZEDZIA",
        "level": 2,
        "articles": [{"article": "M-1/2", "position": 1}],
    }

    def own_key(self) -> str:
        return escape(self.id)
