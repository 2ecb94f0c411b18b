"""The channel's category tree: departments, groups, families, then brands and sizes until there are as many as asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.sandbox.generate.plan import Batch, Company, Plan
from services.sandbox.generate.pools.goods import Goods, Text

Path = tuple[str, ...]


def categories(plan: Plan, company: Company, goods: Goods) -> Iterator[Batch]:
    """Fills company.categories (path -> id); each article stands in its narrowest category, some in one more."""
    root = f"KAT-{plan.channel}"
    rows: list[tuple[Any, ...]] = [(root, root, None, 0, {"pl": "Asortyment", "de": "Sortiment", "en": "Range"})]
    for place, (path, name) in enumerate(_paths(plan, company, goods)):
        id_ = f"{root}.{place + 1:04d}"
        parent = company.categories.get(path[:-1], root)
        company.categories[path] = id_
        rows.append((id_, root, parent, place, name))
    yield Batch("article-categories", "category_tree", ("root", "status"), [(root, "released")])
    yield Batch("article-categories", "category", ("id", "tree", "parent", "position", "name"), rows, len(rows))
    yield Batch("article-categories", "category_article", ("category", "article", "position"), _assignments(plan, company, root))


def _paths(plan: Plan, company: Company, goods: Goods) -> list[tuple[Path, Text]]:
    """size.categories - 1 paths, the broad ones first."""
    names: dict[Path, Text] = {}
    for key, name, groups in goods.departments:
        names[key,] = name
        for group in groups:
            names[key, group.key] = group.name
            for family in group.families:
                names[key, group.key, family.key] = family.name
    ordered = sorted(names, key=len)
    families = [path for path in ordered if len(path) == 3]
    ordered += [(*path, brand) for path in families for brand in goods.brands]
    ordered += sorted({article.path for article in company.articles})
    return [(path, names.get(path) or _narrow(path, names)) for path in ordered[: plan.size.categories - 1]]


def _narrow(path: Path, names: dict[Path, Text]) -> Text:
    return {lang: f"{name[:40]} {' '.join(path[3:])}" for lang, name in names[path[:3]].items()}


def _assignments(plan: Plan, company: Company, root: str) -> Iterator[tuple[str, str, int]]:
    rng = plan.rng("categories")
    ids = list(company.categories.values())
    first = []
    for place, article in enumerate(company.articles):
        depth = next((depth for depth in range(5, 0, -1) if article.path[:depth] in company.categories), 0)
        first.append(company.categories[article.path[:depth]] if depth else root)
        yield first[-1], article.number, place
    taken: set[tuple[int, str]] = set()
    while len(taken) < plan.size.assignments - plan.size.articles and len(company.articles) == plan.size.articles:
        place, more = rng.randrange(len(company.articles)), rng.choice(ids)
        if more != first[place] and (place, more) not in taken:
            taken.add((place, more))
            yield more, company.articles[place].number, 0
