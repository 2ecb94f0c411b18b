"""From a finding to a step that people read: the code's text and advice, filled with its facts. Pure; called by explanation.py."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from schemas import codes
from services.control.explain.finding import Finding
from services.control.explain.models import Step
from services.control.explain.texts_in import IN
from services.control.explain.texts_out import OUT

TEXTS = OUT | IN
_MOMENT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d")
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def step_of(finding: Finding, language: codes.Language) -> Step:
    """The facts as they are, the text with moments and durations as people write them. Advice only where it is not ok."""
    said, shown = TEXTS[finding.code], _Shown(finding.facts, language)
    advice = getattr(said, f"next_{language}") if finding.ok is False else ""
    return Step(
        stage=finding.stage,
        ok=finding.ok,
        code=finding.code,
        text=getattr(said, language).format_map(shown).strip(),
        facts=finding.facts,
        next=advice.format_map(shown) or None,
    )


class _Shown(dict[str, Any]):
    """Facts by name; besides them `why`, the text of a result code, and `parent_why`, what keeps a parent."""

    def __init__(self, facts: Mapping[str, Any], language: codes.Language) -> None:
        super().__init__({name: _shown(name, value) for name, value in facts.items()})
        if "because" in facts:
            self["why"] = codes.text(facts["because"], language, facts.get("params", {}))
        self["parent_why"] = _parent(facts, language)

    def __missing__(self, name: str) -> str:
        return "?"


def _parent(facts: Mapping[str, Any], language: codes.Language) -> str:
    if "parent_code" not in facts:
        return ""
    return step_of(Finding("", None, facts["parent_code"], facts["parent_facts"]), language).text


def _shown(name: str, value: Any) -> str:
    if name.endswith("_s") and isinstance(value, int | float):
        return _duration(value)
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "?"
    text = str(value)
    if _MOMENT.match(text):
        return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S}"
    return text


def _duration(seconds: float) -> str:
    for unit, size in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.1f} s"
