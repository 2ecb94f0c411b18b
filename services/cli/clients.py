"""`ceebus client`: the back-office app's access to a channel, for managers who plan visits and enter prospects."""

from __future__ import annotations

from typing import Annotated

import typer

from services.cli.client import control
from services.cli.output import Json, Why, moment, say, show_json, table

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Clients of the back-office app: add, look, revoke.")


@app.command()
def add(
    *,
    channel: Annotated[str, typer.Argument(help="Id of the channel.")],
    name: Annotated[str, typer.Argument(help="What people call it.")],
    reason: Why = None,
    as_json: Json = False,
) -> None:
    """A token for a back-office app. It is shown once."""
    made = control().send("POST", "clients", body={"channel": channel, "name": name, "reason": reason})
    if as_json:
        show_json(made)
        return
    say(f"client  {made['id']}\ntoken   {made['token']}\n")
    say("The app sends it as `Authorization: Bearer ...`. It is shown only here.")


@app.command("list")
def list_clients(channel: Annotated[str | None, typer.Argument(help="Only those of this channel.")] = None, as_json: Json = False) -> None:
    """Clients, and when each was last heard of."""
    rows = list(control().pages("clients", channel=channel))
    if as_json:
        show_json(rows)
        return
    lines = [
        (row["id"], row["channel"], row["name"], "revoked" if row["revoked_at"] else "active", moment(row["last_used_at"])) for row in rows
    ]
    table(("client", "channel", "name", "state", "last used"), lines, empty="no clients yet: `ceebus client add CHANNEL NAME`")


@app.command()
def revoke(
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="Id of the client.")], reason: Why = None, as_json: Json = False
) -> None:
    """Locks a client out at once and for good; what it uploaded goes on."""
    row = control().send("POST", "clients", client, "revoke", body={"reason": reason})
    if as_json:
        show_json(row)
    else:
        table(("", ""), [(name.replace("_", " "), value) for name, value in row.items()])
