"""`ceebus replay`: sending again, to one device, to one subscriber, or to everyone (which is a run).

`ceebus replay CHANNEL ...` starts one. A channel's id has at most three characters, so it is never taken for a command.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from services.cli.client import control
from services.cli.failure import USAGE, Failure
from services.cli.output import Json, Why, moment, say, show_json, table
from services.cli.run import Force, since_of
from services.cli.run import start as start_run


class _Start(TyperGroup):
    """Without the name of a command: `start`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        return super().resolve_command(ctx, args if args and args[0] in self.commands else ["start", *args])


app = typer.Typer(
    cls=_Start,
    no_args_is_help=True,
    add_completion=False,
    help="Send again to a device, a subscriber or everyone: replay CHANNEL [OPTIONS].",
)
Channel = Annotated[str, typer.Argument(metavar="CHANNEL", help="Id of the channel.")]
BEGINNING = "1970-01-01T00:00:00Z"
Id = Annotated[str, typer.Argument(metavar="REPLAY", help="Id of the replay.")]


@app.command()
def start(
    *,
    channel: Channel,
    device: Annotated[str | None, typer.Option(help="To this device: its cursor goes back, nobody else's does.")] = None,
    to: Annotated[str | None, typer.Option(metavar="NAME", help="To this subscriber, on the topic replay.<channel>.<name>.")] = None,
    everyone: Annotated[bool, typer.Option("--everyone", help="To all devices and subscribers: the exporter reads again.")] = False,
    kind: Annotated[list[str] | None, typer.Option(help="Not to a device: only this kind; may be repeated.")] = None,
    since: Annotated[
        str | None,
        typer.Option(help="Since a moment, such as 2026-03-02T09:00:00Z; to everyone also run:ID or offset:KIND/N=OFFSET,..."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", "--from-start", help="Everything.")] = False,
    rate: Annotated[str | None, typer.Option(help="To a subscriber: at most so many records a second, such as 5000/s.")] = None,
    partitions: Annotated[int | None, typer.Option(min=1, max=64, help="Of the subscriber's topic, if it is made now.")] = None,
    force: Force = False,
    reason: Why = None,
    as_json: Json = False,
) -> None:
    """Sends again what was written since a moment, or everything."""
    if (since is None) == (not everything):
        raise Failure("request_invalid", "Say from when on.", "--since TIMESTAMP, or --all.", USAGE)
    if (device is not None) + (to is not None) + everyone != 1:
        raise Failure("request_invalid", "Say to whom.", "--device DEVICE, --to NAME, or --everyone.", USAGE)
    if everyone:
        body = {"kinds": kind or [], "force": force, "reason": reason}
        start_run("export", channel, body | since_of(since or BEGINNING), wait=False, as_json=as_json)
        return
    if device is not None:
        if kind or rate or partitions:
            raise Failure(
                "request_invalid", "A device gets all kinds, as fast as it asks.", "Leave --kind, --rate, --partitions out.", USAGE
            )
        _to_device(channel, device, {"since": since, "all": everything, "reason": reason}, as_json)
        return
    wanted = {"name": to, "kinds": kind or None, "since": since, "rate": _rate(rate), "partitions": partitions, "reason": reason}
    made = control().send("POST", "channels", channel, "replays", body={name: value for name, value in wanted.items() if value is not None})
    if as_json:
        show_json(made)
    else:
        say(f"replay  {made['id']}\ntopic   {made['topic']}\nup to   {made['total']:,} records at {made['rate']:,} a second")


@app.command("list")
def list_replays(channel: Channel, as_json: Json = False) -> None:
    """Replays to subscribers of a channel, the newest first."""
    rows = list(control().pages("channels", channel, "replays"))
    if as_json:
        show_json(rows)
    else:
        lines = [(row["id"], row["name"], row["state"], row["passed"], row["total"], moment(row["created_at"])) for row in rows]
        table(("=replay", "to", "=state", ">passed", ">of", "asked"), lines, empty="no replays yet")


@app.command()
def show(channel: Channel, replay: Id, as_json: Json = False) -> None:
    """One replay to a subscriber, and how far each partition is."""
    _show(control().get("channels", channel, "replays", replay), as_json)


@app.command()
def cancel(channel: Channel, replay: Id, reason: Why = None, as_json: Json = False) -> None:
    """Ends a replay to a subscriber; what was copied stays on its topic."""
    _show(control().send("POST", "channels", channel, "replays", replay, "cancel", body={"reason": reason}), as_json)


@app.command("device")
def show_device(device: Annotated[str, typer.Argument(metavar="DEVICE", help="Id of the device.")], as_json: Json = False) -> None:
    """The last replay to a device."""
    _show(control().get("devices", device, "replay"), as_json)


def _to_device(channel: str, device: str, body: dict[str, Any], as_json: bool) -> None:
    found = control().get("devices", device)
    if found["channel"] != channel:
        text = f"Device {device} belongs to channel {found['channel']}."
        raise Failure("device_unknown", text, f"`ceebus device list {channel}` shows the devices of {channel}.")
    made = control().send("POST", "devices", device, "replay", body=body)
    if as_json:
        show_json(made)
        return
    what = "everything, and replaces what it has" if made["whole"] else f"{made['rows']:,} rows again"
    say(f"At its next synchronisation device {device} gets {what}.\n`ceebus replay device {device}` says when it has them in use.")


def _rate(text: str | None) -> int | None:
    """`5000` or `5000/s`."""
    if text is None:
        return None
    number = text.removesuffix("/s")
    if not number.isdecimal():
        raise Failure("request_invalid", f"{text} is no rate.", "Records a second, such as 5000/s.", USAGE)
    return int(number)


def _show(row: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(row)
        return
    table(("", ""), [(name.replace("_", " "), value) for name, value in row.items() if name != "places"])
    if row.get("places"):
        lines = [
            (p["topic"], p["topic_partition"], p["next_offset"] - p["from_offset"], p["until_offset"] - p["from_offset"])
            for p in row["places"]
        ]
        say("")
        table(("topic", ">partition", ">passed", ">of"), lines)
