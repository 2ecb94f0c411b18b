"""What is wrong with a record that does not fit its contract, in the codes of domain.md 8. Used by the exporter and by ingest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

SHOWN = 100  # characters of a wrong value that are repeated

# limits that have a code of their own: (field, pydantic's error type)
_OWN_CODES = {("lines", "too_long"): "too_many_lines", ("text", "string_too_long"): "note_too_long"}
# what tells the records of master-data and price-lists apart
TYPES = frozenset(
    {
        "units", "warehouses", "vat-rates", "payment-forms", "payment-terms", "price-types", "positions", "currencies", "countries",
        "document-types", "customer-types", "relationship-types", "visit-types", "customer-discounts", "list", "price",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Defect:
    """`code` is malformed, field_missing, field_invalid, field_too_long, too_many_lines or note_too_long."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


def defect_of(error: ValidationError) -> Defect:
    """The first fault decides; `field` in the params is a path like `addresses[0].city`."""
    fault = error.errors(include_url=False)[0]
    kind, given, context = fault["type"], fault.get("input"), fault.get("ctx", {})
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _without_type(context["discriminator"].strip("'"), given)
    path = path_of(fault["loc"])
    if kind == "json_invalid" or not path:
        return Defect("malformed")
    if (path, kind) in _OWN_CODES:
        return Defect(_OWN_CODES[path, kind], {"count": context["actual_length"]} if kind == "too_long" else {})
    if kind == "missing" or given is None or _is_empty(kind, given):
        return Defect("field_missing", {"field": path})
    if kind == "string_too_long":
        return Defect("field_too_long", {"field": path, "limit": context["max_length"]})
    return Defect("field_invalid", {"field": path, "value": shortened(given)})


def _without_type(name: str, given: Any) -> Defect:
    """The field that tells what kind of record it is (`dictionary`, `record`) is absent or names none."""
    value = given.get(name) if isinstance(given, dict) else None
    if value is None or value == "":
        return Defect("field_missing", {"field": name})
    return Defect("field_invalid", {"field": name, "value": shortened(value)})


def path_of(location: tuple[int | str, ...]) -> str:
    """("addresses", 0, "city") -> "addresses[0].city". What pydantic adds for the type of a record stays out."""
    path = ""
    for part in location[1:] if _is_tagged(location) else location:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path


def shortened(value: Any) -> str:
    """A wrong value as it may be shown."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _is_empty(kind: str, given: Any) -> bool:
    return (kind == "string_too_short" and not given.strip()) or (kind == "too_short" and not given)


def _is_tagged(location: tuple[int | str, ...]) -> bool:
    """Whether the first step names the record's type, not a field (an article's `units` is followed by a number)."""
    return len(location) > 1 and isinstance(location[1], str) and location[0] in TYPES
