"""`ceebus markers`: the "last transfer" of each channel and kind, where it was, and putting it back."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Any

import typer

from services.cli.client import control
from services.cli.failure import USAGE, Failure
from services.cli.mode import Channel, Direction
from services.cli.output import Json, Why, moment, note, say, show_json, table

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Markers: show, history, diff, restore.")
Way = Annotated[Direction, typer.Argument(help="export or import.")]
At = Annotated[str | None, typer.Option("--at", help="As they were at this moment, such as 2026-11-24T09:00+01:00.")]
Before = Annotated[str | None, typer.Option("--before-run", metavar="RUN", help="As they were before this run.")]
Kinds = Annotated[list[str] | None, typer.Option("--kind", help="Only this kind; may be repeated.")]


@app.command()
def show(channel: Channel, direction: Way = Direction.out, as_json: Json = False) -> None:
    """Where the markers stand, against the ends of the logs."""
    rows = control().get("channels", channel, direction.value, "markers")
    if as_json:
        show_json(rows)
        return
    columns = ("=kind", ">partition", ">offset", ">end", ">behind", ">reading at", "=moved")
    names = ("kind", "partition", "offset", "end", "behind", "reading_at")
    table(columns, [[row[name] for name in names] + [moment(row["updated_at"])] for row in rows], empty="nothing was transferred yet")


@app.command()
def history(
    channel: Channel,
    direction: Way = Direction.out,
    kind: Annotated[str | None, typer.Option(help="Only this kind.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 50,
    as_json: Json = False,
) -> None:
    """Where they were: each minute of the plain course, and whatever else moved them."""
    found = control().pages("channels", channel, direction.value, "markers", "history")
    rows = []
    for row in found:
        if kind in (None, row["kind"]):
            rows.append(row)
        if len(rows) == limit:
            break
    if as_json:
        show_json(rows)
        return
    lines = [[moment(row["at"]), row["kind"], row["partition"], row["before"], row["offset"], row["cause"], row["run"]] for row in rows]
    table(("=at", "=kind", ">partition", ">from", ">to", "=why", "run"), lines, empty="no history yet")


@app.command()
def diff(
    channel: Channel, direction: Way = Direction.out, at: At = None, before_run: Before = None, kind: Kinds = None, *, as_json: Json = False
) -> None:
    """What a restore would send again, or leave out. Changes nothing."""
    _shown(control().send("POST", "channels", channel, direction.value, "markers", "diff", body=_target(at, before_run, kind)), as_json)


@app.command()
def restore(
    *,
    channel: Channel,
    direction: Way = Direction.out,
    at: At = None,
    before_run: Before = None,
    kind: Kinds = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    reason: Why = None,
    as_json: Json = False,
) -> None:
    """Puts markers where they stood then: says first what that sends again, and asks."""
    body, place = _target(at, before_run, kind), ("channels", channel, direction.value, "markers")
    if not yes:
        _shown(control().send("POST", *place, "diff", body=body), as_json=False)
        typer.confirm("Restore?", abort=True, err=True)
    _shown(control().send("POST", *place, "restore", body=body | {"reason": reason}), as_json)


def _target(at: str | None, before_run: str | None, kinds: list[str] | None) -> dict[str, Any]:
    if (at is None) == (before_run is None):
        raise Failure("request_invalid", "Say either --at or --before-run.", exit_code=USAGE)
    return {"at": at, "before_run": before_run, "kinds": kinds or []}


def _shown(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        show_json(rows)
        return
    names = ("kind", "partition", "now", "then", "offsets", "objects")
    table(
        ("=kind", ">partition", ">now", ">then", ">offsets", ">objects"), [[row[n] for n in names] for row in rows], empty="nothing moves"
    )
    again: dict[str, int] = defaultdict(int)
    for row in rows:
        again["back" if row["offsets"] < 0 else "ahead"] += row["objects"] or 0
    if again["back"]:
        say(f"{again['back']:,} objects are sent again; devices download only what differs.")
    if again["ahead"]:
        note(f"{again['ahead']:,} objects in between are left out: a run since anytime reads them again.")
