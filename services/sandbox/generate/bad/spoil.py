"""Collects bad records and the rows they consist of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from services.sandbox.generate.plan import BadRecord, Batch, Company, Plan


class Spoil:
    """`row(table, **columns)` adds a row, `bad(kind, key, code)` says what it must lead to."""

    def __init__(self, plan: Plan, company: Company) -> None:
        self.plan, self.company = plan, company
        self.rng = plan.rng("bad")
        self.records: list[BadRecord] = []
        self._rows: dict[tuple[str, tuple[str, ...]], list[tuple[Any, ...]]] = {}

    def row(self, table: str, **columns: Any) -> None:
        self._rows.setdefault((table, tuple(columns)), []).append(tuple(columns.values()))

    def bad(self, kind: str, key: str, code: str) -> None:
        self.records.append(BadRecord(kind, key, code))

    def code(self, text: str) -> str:
        """A code that is this channel's alone."""
        return text + self.plan.suffix

    def batches(self) -> Iterator[Batch]:
        """Everything collected, ready for COPY."""
        for (table, columns), rows in self._rows.items():
            yield Batch("bad records", table, columns, rows)
