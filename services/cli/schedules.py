"""`ceebus schedule`: runs that are asked for by the clock."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.cli.client import control
from services.cli.failure import USAGE, Failure
from services.cli.output import Json, Why, moment, say, show_json, table

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Schedules: runs that are asked for by the clock.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the schedule.")]
Kinds = Annotated[list[str] | None, typer.Option("--kind", help="A kind; several times for several. None: all of the direction.")]
Cron = Annotated[str | None, typer.Option(help='Five fields by the time zone, such as "30 22 * * MON-FRI".')]
Every = Annotated[int | None, typer.Option(metavar="MINUTES", help="From midnight or the window's opening; above 1440 whole days.")]
Once = Annotated[str | None, typer.Option(metavar="TIMESTAMP", help="One moment, such as 2026-12-24T22:00; by the time zone.")]
Window = Annotated[str | None, typer.Option(metavar="HH:MM-HH:MM", help="Only inside this; may go over midnight.")]
Since = Annotated[str | None, typer.Option(help="last-transfer or anytime.")]
Queue = Annotated[str | None, typer.Option(help="A queue other than the channel's own.")]
Priority = Annotated[int | None, typer.Option(min=1, max=9, help="1 goes first; 5 unless said.")]
Zone = Annotated[str | None, typer.Option(help="Such as Europe/Warsaw; the channel's unless said.")]
Missed = Annotated[str | None, typer.Option(help="What was due while nobody was there: skip it, or run once.")]


@app.command()
def add(
    *,
    name: Name,
    channel: Annotated[str, typer.Argument(help="Id of the channel.")],
    direction: Annotated[str, typer.Argument(help="export or import.")],
    kind: Kinds = None,
    cron: Cron = None,
    every: Every = None,
    once: Once = None,
    window: Window = None,
    since: Since = None,
    queue: Queue = None,
    priority: Priority = None,
    time_zone: Zone = None,
    missed: Missed = None,
    reason: Why = None,
    as_json: Json = False,
) -> None:
    """A new schedule; say when by one of --cron, --every and --once."""
    said = {"name": name, "channel": channel, "direction": direction, "kinds": kind, "cron": cron, "every_minutes": every, "once_at": once}
    said |= {
        "window": window,
        "since": since,
        "queue": queue,
        "priority": priority,
        "time_zone": time_zone,
        "missed": missed,
        "reason": reason,
    }
    _show(control().send("POST", "schedules", body=_given(said)), as_json)


@app.command("set")
def change(
    *,
    name: Name,
    kind: Kinds = None,
    cron: Cron = None,
    every: Every = None,
    once: Once = None,
    window: Window = None,
    since: Since = None,
    queue: Queue = None,
    priority: Priority = None,
    time_zone: Zone = None,
    missed: Missed = None,
    reason: Why = None,
    enabled: Annotated[bool | None, typer.Option("--enable/--disable", help="A disabled one asks for nothing.")] = None,
    all_day: Annotated[bool, typer.Option("--all-day", help="Without a window.")] = False,
    all_kinds: Annotated[bool, typer.Option("--all-kinds", help="All kinds of the direction.")] = False,
    own_queue: Annotated[bool, typer.Option("--own-queue", help="In the channel's own queue.")] = False,
    as_json: Json = False,
) -> None:
    """Changes what is named. Another --cron, --every or --once replaces the one before."""
    said = {"kinds": kind, "cron": cron, "every_minutes": every, "once_at": once, "window": window, "since": since, "queue": queue}
    body = _given(said | {"priority": priority, "time_zone": time_zone, "missed": missed, "enabled": enabled})
    body |= {field: None for field, gone in (("window", all_day), ("kinds", all_kinds), ("queue", own_queue)) if gone}
    if not body:
        raise Failure("request_invalid", "Nothing to change was named.", "`ceebus schedule set --help` shows what can be.", USAGE)
    body |= _given({"reason": reason})
    _show(control().send("PATCH", "schedules", name, body=body), as_json)


@app.command("list")
def list_schedules(
    channel: Annotated[str | None, typer.Argument(help="Only those of this channel.")] = None, as_json: Json = False
) -> None:
    """Schedules with their next three runs, each by its own time zone."""
    rows = list(control().pages("schedules", channel=channel))
    if as_json:
        show_json(rows)
        return
    columns = ("schedule", "=channel", "=direction", "when", "next runs", "last")
    table(columns, [_line(row) for row in rows], empty="no schedules yet: `ceebus schedule add NAME CHANNEL DIRECTION --cron ...`")


@app.command()
def show(name: Name, as_json: Json = False) -> None:
    """One schedule."""
    _show(control().get("schedules", name), as_json)


@app.command()
def remove(name: Name, reason: Why = None, as_json: Json = False) -> None:
    """Asks for no more runs; those asked for go on."""
    control().send("DELETE", "schedules", name, reason=reason)
    if as_json:
        show_json({"removed": name})
    else:
        say(f"schedule {name} is removed")


def _given(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}


def _show(row: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(row)
        return
    lines = {name.replace("_", " "): value for name, value in row.items() if value is not None and name not in ("next", "kinds")}
    lines |= {"kinds": ", ".join(row["kinds"] or ["all"]), "next runs": _next(row)}
    table(("", ""), list(lines.items()))


def _line(row: dict[str, Any]) -> tuple[Any, ...]:
    when = row["cron"] or (f"every {row['every_minutes']} min" if row["every_minutes"] else f"once {moment(row['once_at'])}")
    within = f"\n{row['window']}" if row["window"] else ""
    last = f"{moment(row['last_at'])[:16]}\n{row['last_state'] or row['last_outcome']}" if row["last_at"] else "-"
    return (row["name"], row["channel"], row["direction"], f"{when}{within}\n{row['time_zone']}", _next(row), last)


def _next(row: dict[str, Any]) -> str:
    """Times with the offset, for in the repeated hour nothing else tells the first from the second."""
    if not row["enabled"]:
        return "disabled"
    return "\n".join(f"{moment(one)[:16]} {one[-6:] if one[-6] in '+-' else '+00:00'}" for one in row["next"]) or "-"
