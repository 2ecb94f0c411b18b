"""Why CEE's view has no row for a key whose kind leaves by delete: its key names what lets it in or keeps it out (domain.md 5)."""

from __future__ import annotations

from typing import Any

from services.control.explain.finding import Fields
from services.control.explain.gather import CEE, in_cee
from services.control.known import Known
from services.control.parts import Parts

Lacking = tuple[str, dict[str, Any]]


async def why_lacking(parts: Parts, known: Known, kind: str, key: str) -> Lacking | None:
    """(code, facts) where it can be told; raises CeeAway."""
    names = key.split("/")
    if kind == "availability" and len(names) == 3:
        return _stock(known, names) or await _article(parts, known.id, names[0])
    if kind == "price-lists" and len(names) == 5:
        code = names[0]
        listed = await in_cee(parts, CEE.row.replace("kind_view", "price_lists"), known.id, code)
        if listed is None and await in_cee(parts, CEE.published, known.id, kind, code) is not None:
            return "list_lacking", {"list": code}
        return await _article(parts, known.id, names[1])
    if kind == "price-lists" and len(names) == 1 and await in_cee(parts, CEE.published, known.id, kind, key) is not None:
        return "list_lacking", {"list": key}
    return None


def _stock(known: Known, names: list[str]) -> Lacking | None:
    """By the channel's settings."""
    settings: Fields = known.settings
    if settings.get("stock_managed") is False:
        return "stock_not_managed", {}
    warehouse, warehouses = names[1].replace("%2F", "/").replace("%25", "%"), settings.get("availability_warehouses")
    if warehouses is not None and warehouse not in warehouses:
        return "warehouse_lacking", {"warehouse": warehouse}
    return None


async def _article(parts: Parts, channel: str, article: str) -> Lacking | None:
    row = await in_cee(parts, CEE.row.replace("kind_view", "articles"), channel, article)
    return ("article_lacking", {"article": article}) if row is not None and not row["member"] else None
