"""What a record that does not fit its contract is refused with: malformed, field_missing, field_invalid, field_too_long."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from schemas.cee.registry import TAGS
from services.kernel.guard import Refused

_SHOWN = 100  # characters of a wrong value that are repeated


def refusal_of(error: ValidationError) -> Refused:
    """The first fault decides; `field` is a path like `addresses[0].city`."""
    fault = error.errors(include_url=False, include_context=True)[0]
    kind, given = fault["type"], fault.get("input")
    if kind.startswith("json_") or (not fault["loc"] and kind.endswith("_type")):
        return Refused("quarantined", "malformed")
    field = path_of(fault["loc"])
    if (
        kind == "missing"
        or given is None
        or (kind == "string_too_short" and given == "")
        or (kind == "string_too_short" and not str(given).strip())
    ):
        return Refused("quarantined", "field_missing", field=field)
    if kind == "string_too_long":
        return Refused("quarantined", "field_too_long", field=field, limit=fault["ctx"]["max_length"])
    return Refused("quarantined", "field_invalid", field=field, value=_shown(given))


def path_of(location: tuple[int | str, ...]) -> str:
    """("addresses", 0, "city") -> "addresses[0].city"; tags that pydantic adds for a union stay out."""
    path = ""
    for part in location[1:] if location and location[0] in TAGS else location:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path or "record"


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text[:_SHOWN]
