"""Progress on the demo's console: one bar a kind, and how long a step took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Bars:
    """One bar a kind, added when it is first heard of."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._tasks = progress, dict[str, object]()

    def show(self, kind: str, done: int, total: int | None) -> None:
        if kind not in self._tasks:
            self._tasks[kind] = self._progress.add_task(kind, total=total)
        self._progress.update(self._tasks[kind], completed=done, total=total)  # type: ignore[arg-type]


@contextmanager
def bars(console: Console) -> Iterator[Bars]:
    columns = (TextColumn("  {task.description:20}"), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=not console.is_terminal) as progress:
        yield Bars(progress)


def since(began: float) -> str:
    return f"{time.monotonic() - began:.1f} s"
