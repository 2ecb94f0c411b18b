"""Articles (domain.md 3.4): wrong EANs are left out with a remark, the rest goes."""

from __future__ import annotations

from schemas.cee.articles import Article
from schemas.channel import Channel
from schemas.export import articles as export
from services.kernel.guard import Deactivate, Refused, Remark, Warned


def handle(change: Article, channel: Channel) -> export.Article | Warned | Deactivate:
    """Raises Refused field_invalid. Remark: ean_invalid."""
    if change.status == "marked_for_deletion":
        return Deactivate()
    names = [unit.unit for unit in change.units]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise Refused("quarantined", "field_invalid", field="units", value=twice)
    for field in ("base_unit", "sales_unit"):
        if names and getattr(change, field) not in names:
            raise Refused("quarantined", "field_invalid", field=field, value=getattr(change, field))
    orderable = change.status == "active" and change.in_assortment
    wrong = {ean for eans in (change.eans, *(unit.eans for unit in change.units)) for ean in eans if not is_ean(ean)}
    if not wrong:
        return export.Article.of(change, orderable=orderable)
    units = tuple(unit.model_copy(update={"eans": tuple(ean for ean in unit.eans if ean not in wrong)}) for unit in change.units)
    eans = tuple(ean for ean in change.eans if ean not in wrong)
    remarks = tuple(Remark("ean_invalid", {"value": ean[:100], "article": change.number}) for ean in sorted(wrong))
    return Warned(export.Article.of(change, orderable=orderable, units=units, eans=eans), remarks)


def is_ean(code: str) -> bool:
    """8, 12, 13 or 14 digits with a right mod-10 check digit."""
    if len(code) not in (8, 12, 13, 14) or not (code.isascii() and code.isdecimal()):
        return False
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(code))) % 10 == 0
