"""What commands print: tables of at most 100 columns, JSON for scripts, progress for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

WIDTH = 100
Why = Annotated[str | None, typer.Option("--reason", help="Why: kept in the audit.")]
Json = Annotated[bool, typer.Option("--json", help="JSON for scripts instead of text.")]


def show_json(value: Any) -> None:
    """One JSON value: indented for people, one line for programs."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None, default=str))


def say(text: str) -> None:
    """A plain line."""
    typer.echo(text)


def note(text: str) -> None:
    """A line for people beside the result: it goes to standard error."""
    typer.echo(text, err=True)


def console(err: bool = False) -> Console:
    """A console that is never wider than a printed page, nor as narrow as a pipe is taken for."""
    made = Console(stderr=err, highlight=False)
    return Console(stderr=err, highlight=False, width=min(made.width, WIDTH) if made.is_terminal else WIDTH)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str = "", empty: str = "nothing") -> None:
    """Columns whose name begins with `>` are numbers, with `=` never folded; every cell is shown as it is."""
    made = Table(title=title or None, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in columns:
        whole, right = name.startswith((">", "=")), name.startswith(">")
        made.add_column(Text(name.lstrip(">="), style="bold"), justify="right" if right else "left", overflow="fold", no_wrap=whole)
    count = 0
    for row in rows:
        made.add_row(*[Text(cell(value)) for value in row])
        count += 1
    console().print(made if count else Text(f"{title + ': ' if title else ''}{empty}"))


def cell(value: Any) -> str:
    """A value as a person reads it; control characters are made visible."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "".join(letter if letter.isprintable() or letter == "\n" else f"\\x{ord(letter):02x}" for letter in text)


def seconds(value: float | None) -> str:
    """A duration in the largest unit that still says something."""
    if value is None:
        return "-"
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if value >= 2 * size:
            return f"{value / size:.0f} {unit}"
    return f"{value:.0f} s" if value >= 10 else f"{value:.1f} s"


def moment(value: str | None) -> str:
    """An API timestamp, to the second."""
    return value[:19].replace("T", " ") if value else "-"


def progress() -> Progress:
    """Bars on standard error, only where somebody looks."""
    shown = console(err=True)
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=30), TaskProgressColumn(), TextColumn("{task.fields[figures]}"))
    return Progress(*columns, TimeElapsedColumn(), console=shown, disable=not shown.is_terminal)
