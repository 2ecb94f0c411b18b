"""What these commands share: the --json option, JSON and plain lines, a progress bar, a failure with its next step."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Sequence
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

Answer = TypeVar("Answer")
Json = Annotated[bool, typer.Option("--json", help="JSON for scripts instead of text.")]


class CommandFailed(Exception):
    """`code` is stable, `text` is for people, `following` says what to do next. Turned into an exit code by services/launch.py."""

    def __init__(self, code: str, text: str, following: str = "", exit_code: int = 1) -> None:
        super().__init__(text)
        self.code, self.text, self.following, self.exit_code = code, text, following, exit_code


def wait_for(asked: Coroutine[Any, Any, Answer]) -> Answer:
    """Runs it to its end."""
    return asyncio.run(asked)


def show(value: Any, as_json: bool, text: str) -> None:
    """The value as one JSON line, or the text."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str) if as_json else text)


def say(text: str) -> None:
    """A line for people beside the result: it goes to standard error."""
    typer.echo(text, err=True)


def columns(rows: Sequence[tuple[str, ...]]) -> str:
    """Rows as aligned text."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def progress() -> Progress:
    """Bars on standard error, only where somebody looks."""
    shown = Console(stderr=True, highlight=False)
    parts = (TextColumn("{task.description:<20}"), BarColumn(bar_width=40), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*parts, console=shown, disable=not shown.is_terminal)
