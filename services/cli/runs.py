"""`ceebus runs`: transfers as batch jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from services.cli import run as one
from services.cli.client import control
from services.cli.output import Json, Why, moment, note, say, seconds, show_json, table

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Runs: list, show, watch, cancel, resume.")
Run = Annotated[str, typer.Argument(metavar="RUN", help="Id of the run.")]


@app.command("list")
def list_runs(
    *,
    channel: Annotated[str | None, typer.Argument(help="Only those of this channel.")] = None,
    direction: Annotated[str | None, typer.Option(help="export or import.")] = None,
    state: Annotated[list[str] | None, typer.Option(help="Only this state; may be repeated.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 30,
    as_json: Json = False,
) -> None:
    """Runs, the newest first."""
    states: list[str | None] = [*state] if state else [None]
    rows = [row for name in states for row in control().pages("runs", limit=limit, channel=channel, direction=direction, state=name)]
    rows = sorted(rows, key=lambda row: str(row["created_at"]), reverse=True)[:limit]
    if as_json:
        show_json(rows)
    else:
        columns = ("=run", "=channel", "=direction", "since", "=queue", "state", "=asked at", ">took")
        table(columns, map(_line, rows), empty="no runs yet: `ceebus export run CHANNEL`")


@app.command()
def show(run: Run, as_json: Json = False) -> None:
    """One run, kind by kind, with its report once it has ended."""
    one.show(control().get("runs", run), as_json)


@app.command()
def watch(run: Run, as_json: Json = False) -> None:
    """Stays until the run has ended; exit code 1 unless it completed without errors."""
    one.finish(run, as_json)


@app.command()
def cancel(run: Run, reason: Why = None, as_json: Json = False) -> None:
    """Ends a run at the next batch border; what was delivered stays delivered."""
    _changed(control().send("POST", "runs", run, "cancel", body={"reason": reason}), as_json)


@app.command()
def resume(run: Run, reason: Why = None, as_json: Json = False) -> None:
    """A run that failed or was cancelled goes on where it was."""
    _changed(control().send("POST", "runs", run, "resume", body={"reason": reason}), as_json)


def _changed(run: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(run)
    else:
        say(f"run {run['id']}: {one.said(run)}")
        note(f"`ceebus runs watch {run['id']}` shows how far it is.")


def _line(row: dict[str, Any]) -> tuple[Any, ...]:
    took = None
    if row["started_at"] and row["finished_at"]:
        took = _epoch(row["finished_at"]) - _epoch(row["started_at"])
    about = (row["id"], row["channel"], row["direction"], row["since_at"] or row["since"], row["queue"], one.said(row))
    return (*about, moment(row["created_at"]), seconds(took))


def _epoch(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()
