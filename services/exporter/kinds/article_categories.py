"""Article categories (domain.md 3.5). Cycles and depth need the whole tree: CEE's view finds them (`problems`)."""

from __future__ import annotations

from schemas.cee.article_categories import Category
from schemas.channel import Channel
from schemas.export import article_categories as export
from services.kernel.guard import Refused

DEEPEST = 10


def handle(change: Category, channel: Channel) -> export.Category:
    """Raises Refused category_not_released, category_root_changed, category_too_deep, category_duplicate_article, field_missing."""
    if change.status != "released":
        raise Refused("waiting", "category_not_released", root=change.root or channel.category_root)
    if change.parent is None and change.id != channel.category_root:
        raise Refused("quarantined", "category_root_changed", root=change.id)
    if not change.level:
        raise Refused("quarantined", "field_missing", field="level")
    if change.level > DEEPEST:
        raise Refused("quarantined", "category_too_deep", key=change.id)
    _check_articles(change)
    return export.Category.of(change)


def _check_articles(change: Category) -> None:
    seen: set[str] = set()
    for assignment in change.articles or ():
        if assignment.article in seen:
            raise Refused("quarantined", "category_duplicate_article", article=assignment.article, key=change.id)
        seen.add(assignment.article)
