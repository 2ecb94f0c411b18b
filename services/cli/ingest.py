"""`ceebus ingest`: a file of changes, one JSON object a line, to the source role."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.client import role
from services.cli.failure import USAGE, Failure
from services.cli.output import Json, progress, say, show_json, table

app = typer.Typer(add_completion=False)
PIECE = 256 * 1024  # bytes sent at once
SHOWN = 50


@app.command()
def ingest(
    channel: Annotated[str, typer.Argument(help="Id of the channel.")],
    kind: Annotated[str, typer.Argument(help="Kind of the objects; its source must be `ingest`.")],
    file: Annotated[Path, typer.Argument(metavar="FILE.ndjson", help="One JSON object a line, as the published schema says.")],
    all_or_nothing: Annotated[bool, typer.Option("--all-or-nothing", help="Publish nothing if any line is refused.")] = False,
    as_json: Json = False,
) -> None:
    """Sends a file of changes; valid lines are published, refused ones are reported and kept. Exit code 1 if any was refused."""
    if not file.is_file():
        raise Failure("file_missing", f"There is no file {file}.", exit_code=USAGE)
    answer = role("source").stream(
        "channels", channel, "changes", kind, parts=_read(file), kind="application/x-ndjson", all_or_nothing=all_or_nothing or None
    )
    if as_json:
        show_json(answer)
    else:
        _show(answer)
    if answer["rejected"]:
        raise typer.Exit(1)


def _read(file: Path) -> Iterator[bytes]:
    with progress() as shown, file.open("rb") as source:
        bar = shown.add_task(file.name, total=file.stat().st_size, figures="")
        while piece := source.read(PIECE):
            yield piece
            shown.update(bar, advance=len(piece), figures=f"{source.tell() / 1e6:,.1f} MB")


def _show(answer: dict[str, Any]) -> None:
    lines = answer.get("lines", [])
    if lines:
        rows = [(row["line"], row.get("field"), row["code"], row.get("text", "")) for row in lines[:SHOWN]]
        table((">line", "field", "code", "why"), rows, title="Refused")
    say(f"{answer['accepted']:,} published, {answer['rejected']:,} refused.")
    if answer["rejected"] > SHOWN:
        say(f"The first {SHOWN} are shown; --json has those that were reported.")
