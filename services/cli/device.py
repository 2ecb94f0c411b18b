"""`ceebus device`: enrol, look at and revoke the devices of the reps."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.cli.client import control
from services.cli.output import Json, Why, moment, say, seconds, show_json, table

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Devices of the reps: enrol, look, revoke.")
Id = Annotated[str, typer.Argument(metavar="DEVICE", help="Id of the device.")]


@app.command()
def enroll(
    *,
    channel: Annotated[str, typer.Argument(help="Id of the channel.")],
    rep: Annotated[str, typer.Argument(help="Number of the sales rep.")],
    name: Annotated[str | None, typer.Option(help="What people call the device.")] = None,
    device: Annotated[str | None, typer.Option(help="Id; that of a known device gives it a new code and ends its session.")] = None,
    valid: Annotated[int, typer.Option(help="Minutes the code can be used.")] = 24 * 60,
    reason: Why = None,
    as_json: Json = False,
) -> None:
    """A code for a device of this rep. It is shown once, and good once."""
    body = {"channel": channel, "rep": rep, "name": name, "id": device, "valid_minutes": valid, "reason": reason}
    made = control().send("POST", "devices", body=body)
    if as_json:
        show_json(made)
        return
    say(f"device  {made['id']}\ncode    {made['code']}\nuntil   {moment(made['expires_at'])} UTC\n")
    say("Type the code into the app. It is shown only here and works once.")


@app.command("list")
def list_devices(
    channel: Annotated[str | None, typer.Argument(help="Only those of this channel.")] = None,
    rep: Annotated[str | None, typer.Option(help="Only those of this rep.")] = None,
    state: Annotated[str | None, typer.Option(help="enrolled, active or revoked.")] = None,
    as_json: Json = False,
) -> None:
    """Devices, and how much of the feed each one has in use."""
    rows = list(control().pages("devices", channel=channel, rep=rep, state=state))
    if as_json:
        show_json(rows)
        return
    columns = ("device", "channel", "rep", "name", "state", "last seen", ">behind", ">behind by")
    table(columns, [_line(row) for row in rows], empty="no devices yet: `ceebus device enroll CHANNEL REP`")


@app.command()
def show(device: Id, as_json: Json = False) -> None:
    """One device."""
    _show(control().get("devices", device), as_json)


@app.command()
def revoke(device: Id, reason: Why = None, as_json: Json = False) -> None:
    """Locks a device out at once; what it has stays on it."""
    _show(control().send("POST", "devices", device, "revoke", body={"reason": reason}), as_json)


def _show(row: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(row)
    else:
        table(("", ""), [(name.replace("_", " "), value) for name, value in row.items()])


def _line(row: dict[str, Any]) -> tuple[Any, ...]:
    behind = row["last"] - row["data_position"] if row["data_position"] is not None and row["last"] is not None else row["last"]
    return (row["id"], row["channel"], row["rep"], row["name"], row["state"], moment(row["last_seen_at"]), behind, seconds(row["behind_s"]))
