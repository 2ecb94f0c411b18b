"""What CEE has of the partners that a batch of uploads names, and what is to become of them.

Read and written by target/partners.py, judged by rules/partners.py. Values only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from schemas.channel import Channel
from services.writer.model import Answer
from services.writer.rules.partner_fields import EDITABLE


@dataclass(slots=True)
class Held:
    """A partner as CEE has it. `fields`: as devices see it, with the batch's edits; `before`: without them."""

    number: str
    version: int
    fields: dict[str, Any]
    is_of_channel: bool
    is_deleted: bool
    before: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.before = self.fields

    @property
    def status(self) -> str:
        return str(self.fields["status"])

    @property
    def is_active(self) -> bool:
        return self.is_of_channel and not self.is_deleted and self.status != "inactive"

    @property
    def is_changed(self) -> bool:
        return any(self.fields.get(name) != self.before.get(name) for name in (*EDITABLE, "tax_id"))


@dataclass(frozen=True, slots=True)
class LastSaid:
    """What a source_id's last applied revision said, and the version of the partner after it."""

    version: int
    fields: dict[str, Any]


@dataclass(slots=True)
class Situation:
    """What CEE has of what a batch names. `held` by number; `numbers`, `said`: by source_id; `templates`: by code.

    `taxed`: (number, tax id, country) of active partners of the channel; `owners`: whose an element's (list, id) is.
    """

    channel: Channel
    reps: frozenset[str]
    templates: dict[str, dict[str, Any]]
    held: dict[str, Held]
    numbers: dict[str, str]
    said: dict[str, LastSaid]
    taxed: Sequence[tuple[str, str, str | None]]
    owners: dict[tuple[str, str], str]


@dataclass(slots=True)
class Plan:
    """`answers` in the order of the uploads; `created`: fields of new partners by source_id; `removed`: numbers.

    `said`: by source_id what its next revision is built on. Edits are in the situation's `held`.
    """

    answers: list[Answer] = field(default_factory=list)
    created: dict[str, dict[str, Any]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    said: dict[str, dict[str, Any]] = field(default_factory=dict)
