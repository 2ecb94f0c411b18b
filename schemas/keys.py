"""How keys are written (domain.md 5). Readers of keys never take them apart: what a key is made of stands in the body too."""

from __future__ import annotations


def escape(code: str) -> str:
    """A code as part of a key: `%` and `/` are written `%25` and `%2F`."""
    return code.replace("%", "%25").replace("/", "%2F") if "%" in code or "/" in code else code


def joined(*codes: str) -> str:
    """A key of several codes."""
    return "/".join([escape(code) for code in codes])


def entry(dictionary: str, code: str) -> tuple[str, str]:
    """The reference to a dictionary's entry."""
    return "master-data", f"{dictionary}/{escape(code)}"


def plain(decimal: str) -> str:
    """A decimal without trailing zeros: "2.500" -> "2.5", "0.000" -> "0"."""
    return decimal.rstrip("0").rstrip(".") if "." in decimal else decimal
