"""One stage as it was found, before it has a text. Made by the decisions in way_out.py and way_in.py; no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finding:
    """`ok` None: it can't be told, or it is a remark that keeps nothing back. `code` stands in texts.TEXTS."""

    stage: str
    ok: bool | None
    code: str
    facts: dict[str, Any] = field(default_factory=dict)


def obstacle(findings: Sequence[Finding]) -> Finding | None:
    """The first stage that keeps the object back."""
    return next((finding for finding in findings if finding.ok is False), None)


def told(row: Fields | None, *names: str) -> dict[str, Any]:
    """The named fields of a row that have a value, moments as ISO text."""
    if row is None:
        return {}
    found = {name: row[name] for name in names if row.get(name) is not None}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in found.items()}
