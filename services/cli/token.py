"""`ceebus token`: operators' tokens and their roles."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from services.cli.client import control
from services.cli.output import Json, Why, moment, say, show_json, table

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Operators' tokens: add, list, revoke.")


class Role(StrEnum):
    """What its holder may: look; steer; decide who may, and how it is set up."""

    viewer = "viewer"
    operator = "operator"
    admin = "admin"


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Whose it is, or what for.")],
    role: Annotated[Role, typer.Option(help="viewer looks, operator steers, admin also sets up.")],
    reason: Why = None,
    as_json: Json = False,
) -> None:
    """A token of this role. It is shown once."""
    made = control().send("POST", "tokens", body={"name": name, "role": role.value, "reason": reason})
    if as_json:
        show_json(made)
        return
    say(f"id     {made['id']}\nrole   {made['role']}\ntoken  {made['token']}\n")
    say("Set it as CEEBUS_OPERATOR_TOKEN where it is used. It is shown only here.")


@app.command("list")
def list_tokens(
    revoked: Annotated[bool, typer.Option("--revoked", help="The revoked ones, too.")] = False,
    as_json: Json = False,
) -> None:
    """Who may, in which role, and when a token was used last. The token of the settings is not among them."""
    rows = list(control().pages("tokens", revoked=revoked))
    if as_json:
        show_json(rows)
    else:
        columns = ("=id", "name", "=role", "=created", "=last used", "=revoked")
        table(columns, map(_line, rows), empty="no tokens yet: `ceebus token add NAME --role ROLE`")


@app.command()
def revoke(token: Annotated[str, typer.Argument(metavar="ID", help="Id of the token.")], reason: Why = None, as_json: Json = False) -> None:
    """Locks a token out at once and for good."""
    row = control().send("POST", "tokens", token, "revoke", body={"reason": reason})
    if as_json:
        show_json(row)
    else:
        say(f"{row['name']} ({row['id']}) is out since {moment(row['revoked_at'])} UTC.")


def _line(row: dict[str, Any]) -> tuple[Any, ...]:
    return (row["id"], row["name"], row["role"], *(moment(row[name]) for name in ("created_at", "last_used_at", "revoked_at")))
