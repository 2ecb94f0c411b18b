"""`ceebus queue`: pools of processes with slots, and the runs that are at work or wait in them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.cli.client import control
from services.cli.output import Json, Why, moment, say, show_json, table

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Processing queues: slots, pauses, what is at work and what waits.")
Slots = Annotated[int, typer.Option(min=1, max=32, help="Runs at work at a time.")]
Name = Annotated[str, typer.Argument(metavar="QUEUE", help="Name of the queue.")]


@app.command("list")
def list_queues(as_json: Json = False) -> None:
    """Every queue: its channels, and its runs in the order in which they are started."""
    rows = list(control().pages("queues"))
    if as_json:
        show_json(rows)
        return
    columns = ("=queue", ">slots", "paused", ">at work", ">waiting", "channels and directions")
    table(columns, [_line(row) for row in rows])
    runs = [(row["name"], state, *_run(run)) for row in rows for state in ("running", "waiting") for run in row[state]]
    if runs:
        say("")
        table(("=queue", "=state", "=channel", "=direction", ">priority", "since", "=run"), runs)


@app.command()
def add(queue: Name, slots: Slots = 4, reason: Why = None, as_json: Json = False) -> None:
    """A new queue. `ceebus run exporter --queue QUEUE` starts a process for it."""
    _done(control().send("POST", "queues", body={"name": queue, "slots": slots, "reason": reason}), as_json)


@app.command("set")
def set_slots(queue: Name, slots: Slots, reason: Why = None, as_json: Json = False) -> None:
    """Other slots; runs at work go on."""
    _done(control().send("PATCH", "queues", queue, body={"slots": slots, "reason": reason}), as_json)


@app.command()
def pause(queue: Name, reason: Why = None, as_json: Json = False) -> None:
    """Starts no further run; those at work go on, live channels too."""
    _done(control().send("PATCH", "queues", queue, body={"paused": True, "reason": reason}), as_json)


@app.command()
def resume(queue: Name, reason: Why = None, as_json: Json = False) -> None:
    """Starts runs again."""
    _done(control().send("PATCH", "queues", queue, body={"paused": False, "reason": reason}), as_json)


@app.command()
def remove(queue: Name, reason: Why = None, as_json: Json = False) -> None:
    """Takes a queue away that nothing names any more."""
    control().send("DELETE", "queues", queue, reason=reason)
    if as_json:
        show_json({"removed": queue})
    else:
        say(f"queue {queue} is removed")


def _done(row: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(row)
    else:
        say(f"queue {row['name']}: {row['slots']} slots{', paused' if row['paused'] else ''}")


def _line(row: dict[str, Any]) -> tuple[Any, ...]:
    members = ", ".join(
        f"{one['channel']} {one['direction']}{'' if one['mode'] == 'live' else ' ' + one['mode']}" for one in row["transfers"]
    )
    return (row["name"], row["slots"], row["paused"], len(row["running"]), row["waiting_count"], members or "-")


def _run(run: dict[str, Any]) -> tuple[Any, ...]:
    return (run["channel"], run["direction"], run["priority"], moment(run["started_at"] or run["created_at"]), run["id"])
