"""`ceebus mode`: whether changes flow by themselves, and in which processing queue."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from services.cli.client import control
from services.cli.output import Json, Why, say, show_json, table

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Live, scheduled or on demand, for each channel and direction.")
Channel = Annotated[str, typer.Argument(metavar="CHANNEL", help="Id of the channel.")]


class Direction(StrEnum):
    """Export: from CEE to devices; import: from devices to CEE."""

    out = "export"
    into = "import"


class Mode(StrEnum):
    """Live: changes flow by themselves. Scheduled, on demand: only runs move them."""

    live = "live"
    scheduled = "scheduled"
    on_demand = "on-demand"


@app.command("set")
def set_mode(
    *,
    channel: Channel,
    direction: Annotated[Direction, typer.Argument(help="export or import.")],
    mode: Annotated[Mode | None, typer.Argument(help="live, scheduled or on-demand; left out: it stays.")] = None,
    queue: Annotated[str | None, typer.Option(help="Processing queue.")] = None,
    weight: Annotated[int | None, typer.Option(min=1, max=100, help="Share of turns among the channels of a process.")] = None,
    reason: Why = None,
    as_json: Json = False,
) -> None:
    """Sets mode, queue and weight of a direction."""
    body = {"mode": mode.value if mode else None, "queue": queue, "weight": weight, "reason": reason}
    tell(control().send("PUT", "channels", channel, direction.value, "mode", body=body), as_json)


@app.command()
def show(channel: Annotated[str | None, typer.Argument(help="Only those of this channel.")] = None, as_json: Json = False) -> None:
    """Directions that somebody has changed; all others are live in the queue default."""
    rows = control().get("transfers", channel=channel)
    if as_json:
        show_json(rows)
    else:
        table(("=channel", "=direction", "=mode", "=queue", ">weight", "held"), map(_line, rows), empty="every channel is live")


def tell(row: dict[str, Any], as_json: bool) -> None:
    """A direction as it is wanted now."""
    if as_json:
        show_json(row)
    else:
        say(f"{row['direction']} of channel {row['channel']}: {row['mode']}, queue {row['queue']}{_held(row)}")


def _held(row: dict[str, Any]) -> str:
    return f", {'detached' if row['detached'] else 'held'}: {row['reason']}" if row["held"] else ""


def _line(row: dict[str, Any]) -> tuple[Any, ...]:
    return (row["channel"], row["direction"], row["mode"], row["queue"], row["weight"], _held(row).removeprefix(", ") or "-")
