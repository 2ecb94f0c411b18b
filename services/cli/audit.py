"""`ceebus audit`: who did what, why, and how it was before and after."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.cli.client import control
from services.cli.output import Json, cell, moment, note, show_json, table

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Who did what, and why.")


@app.callback()
def audit() -> None:
    """Who did what, and why."""


@app.command("list")
def list_actions(
    *,
    channel: Annotated[str | None, typer.Option(help="Only those on this channel.")] = None,
    actor: Annotated[str | None, typer.Option(help="Only those of this token: its id or name.")] = None,
    action: Annotated[str | None, typer.Option(help="Only these, such as due.retry.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 100,
    as_json: Json = False,
) -> None:
    """Actions, the newest first. --json has the whole of what was before and after."""
    # one more than is shown tells whether there is more
    found = list(control().pages("audit", limit=limit + 1, channel=channel, actor=actor, action=action))
    rows = found[:limit]
    if as_json:
        show_json(rows)
    else:
        table(("=at", "who", "=action", "=channel", "object", "why, and what"), map(_line, rows), empty="nothing was done")
    if len(found) > limit:
        note(f"There are more than {limit}; --limit shows them.")


def _line(row: dict[str, Any]) -> tuple[Any, ...]:
    who = f"{row['actor_name']} ({row['actor']})" if row["actor_name"] else row["actor"]
    why = f"{row['reason']}: " if row["reason"] else ""
    what = f"{why}{_short(row['before'])} → {_short(row['after'])}"
    return (moment(row["at"]), who, row["action"], row["channel"], row["object"], what)


def _short(value: Any) -> str:
    """Enough to recognise it."""
    text = " ".join(f"{name}={cell(one)}" for name, one in value.items()) if isinstance(value, dict) else cell(value)
    return text if len(text) <= 120 else text[:119] + "…"
