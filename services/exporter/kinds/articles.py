"""Articles (domain.md 3.4): wrong EANs are left out with a remark, the rest goes."""

from __future__ import annotations

from schemas.cee.articles import Article, ArticleUnit
from schemas.channel import Channel
from schemas.export import articles as export
from services.kernel.guard import Deactivate, Refused, Remark, Warned


def handle(change: Article, channel: Channel) -> export.Article | Warned | Deactivate:
    """Raises Refused field_invalid (a unit twice). Remark: ean_invalid, one for each wrong code."""
    if change.status == "marked_for_deletion" or change.in_assortment is False:
        return Deactivate()
    units = change.units or ()
    _check_units(units)
    payload = {"orderable": change.status == "active", "flags": change.flags and tuple(sorted(set(change.flags)))}
    given = [*(change.eans or ()), *(ean for unit in units for ean in unit.eans or ())]
    wrong = [ean for ean in dict.fromkeys(given) if not is_ean(ean)]
    if not wrong:
        return export.Article.of(change, **payload)
    kept = {
        "eans": _without(change.eans, wrong),
        "units": tuple(unit.model_copy(update={"eans": _without(unit.eans, wrong)}) for unit in units) if units else change.units,
    }
    remarks = tuple(Remark("ean_invalid", {"value": ean[:100], "article": change.number}) for ean in wrong)
    return Warned(export.Article.of(change, **payload, **kept), remarks)


def is_ean(code: str) -> bool:
    """8, 12, 13 or 14 digits with a right mod-10 check digit."""
    if len(code) not in (8, 12, 13, 14) or not (code.isascii() and code.isdigit()):
        return False
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(code))) % 10 == 0


def _check_units(units: tuple[ArticleUnit, ...]) -> None:
    seen: set[str] = set()
    for place, unit in enumerate(units):
        if unit.unit in seen:
            raise Refused("quarantined", "field_invalid", field=f"units[{place}].unit", value=unit.unit)
        seen.add(unit.unit)


def _without(eans: tuple[str, ...] | None, wrong: list[str]) -> tuple[str, ...] | None:
    return eans and tuple(ean for ean in eans if ean not in wrong)
