"""The fate of a record: sent, sent with remarks, or refused with a code of domain.md 8. Handlers know only this module."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal["rejected", "waiting", "quarantined", "unchanged", "conflict", "warning"]


class Refused(Exception):
    """Raised by a handler: the record gets `outcome` and `code`, `params` fill the braces of its text."""

    def __init__(self, outcome: Outcome, code: str, **params: Any) -> None:
        super().__init__(f"{outcome}: {code} {params}")
        self.outcome: Outcome = outcome
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class Remark:
    """A warning: the record goes on, and whoever looks after it learns why it is worth a look."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Warned:
    """A handler's answer that carries remarks."""

    payload: Any
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class Deactivate:
    """A handler's answer: the object's own fields say that it left the channel (domain.md 7.3)."""
