"""How an upload names another object: by CEE's key, or by the source_id of one born on a device; and the years it may speak of.

Used by the importer's kinds.
"""

from __future__ import annotations

import re

YEARS = range(2000, 2100)  # of days and moments that a rep can mean: others are a wrong clock or malice
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def named(name: str) -> tuple[str | None, str | None]:
    """(CEE's key, source_id), exactly one of them. No key of a partner or document looks like a UUID: too short, or with a `/`."""
    lower = name.lower()
    return (None, lower) if _UUID.fullmatch(lower) else (name, None)
