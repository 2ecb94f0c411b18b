"""A sentence about a stage, and what an administrator can do about it, in three languages. Filled in by texts.py."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """Names in braces are facts of the finding; no advice where nothing needs doing."""

    pl: str
    de: str
    en: str
    next_pl: str = ""
    next_de: str = ""
    next_en: str = ""
