"""`ceebus channel`: the sales channels as CEE states them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.cli.client import control
from services.cli.failure import USAGE, Failure
from services.cli.output import Json, Why, cell, moment, say, show_json, table

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Sales channels as CEE states them.")
Name = Annotated[str, typer.Argument(metavar="CHANNEL", help="Id of the channel.")]


@app.command("list")
def list_channels(as_json: Json = False) -> None:
    """Every channel, and whether it transfers."""
    rows = list(control().pages("channels"))
    if as_json:
        show_json(rows)
        return
    columns = ("channel", "description", "active", "currency", "time zone", "in CEE", "on the bus")
    names = ("id", "description", "active", "currency", "time_zone", "in_cee", "on_bus")
    table(columns, [[row[name] for name in names] for row in rows], empty="CEE has no channels yet.")
    for row in rows:
        if row["invalid"]:
            say(f"{row['id']}: settings are not valid, the last valid ones stand: {cell(row['invalid'])}")


@app.command()
def show(channel: Name, as_json: Json = False) -> None:
    """One channel: its settings, where each kind comes from, its newest snapshots."""
    found = control().get("channels", channel)
    if as_json:
        show_json(found)
        return
    table(("setting", "value"), [(name, _plain(value)) for name, value in found["settings"].items()], title=f"Channel {channel}")
    snapshots = {row["kind"]: row for row in found["snapshots"] or ()}
    say("")
    rows = [(kind, source, *_snapshot(snapshots.get(kind))) for kind, source in found["sources"].items()]
    table(("kind", "source", "snapshot", ">rows", ">of", "finished", "reason"), rows)


@app.command()
def source(
    channel: Name,
    kind: Annotated[str | None, typer.Argument(help="A kind; without it all are shown.")] = None,
    new: Annotated[str | None, typer.Argument(metavar="[cee|ingest]", help="Where it shall come from.")] = None,
    reason: Why = None,
    as_json: Json = False,
) -> None:
    """Where the kinds of a channel come from: CEE's views, or what is sent to `ceebus ingest`."""
    if new is not None and new not in ("cee", "ingest"):
        raise Failure("request_invalid", f"{new} is no source.", "Use cee or ingest.", USAGE)
    if kind is not None and new is not None:
        control().send("PUT", "channels", channel, "sources", kind, body={"source": new, "reason": reason})
    sources = control().get("channels", channel)["sources"]
    if kind is not None and kind not in sources:
        raise Failure("kind_unknown", f"There is no kind {kind}. Kinds: {', '.join(sources)}.", exit_code=USAGE)
    chosen = {kind: sources[kind]} if kind is not None else sources
    if as_json:
        show_json(chosen)
    else:
        table(("kind", "source"), chosen.items())


@app.command()
def rejected(
    channel: Name,
    kind: Annotated[str | None, typer.Argument(help="Only this kind.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 100,
    as_json: Json = False,
) -> None:
    """Lines that ingest could not take, as they came."""
    rows = list(control().pages("channels", channel, "rejected", limit=limit, kind=kind))
    if as_json:
        show_json(rows)
    else:
        lines = [(moment(row["at"]), row["kind"], row["line"], row["text"], (row["raw"] or "(no UTF-8)")[:200]) for row in rows]
        table(("at", "=kind", ">line", "why", "as it came"), lines, empty="no line was refused")


def _snapshot(row: dict[str, Any] | None) -> tuple[Any, ...]:
    if row is None:
        return ("-", None, None, "-", "-")
    return (row["state"], row["done"], row["total"], moment(row["finished_at"]), row["reason"])


def _plain(value: Any) -> Any:
    """Lists without brackets; everything else as it is."""
    return ", ".join(value) if isinstance(value, list) else str(value) if isinstance(value, int) and not isinstance(value, bool) else value
