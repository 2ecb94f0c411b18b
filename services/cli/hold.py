"""`ceebus hold`: stops a channel's direction at the next batch border; nothing is lost meanwhile."""

from __future__ import annotations

from typing import Annotated

import typer

from services.cli.client import control
from services.cli.mode import Channel, Direction, tell
from services.cli.output import Json, note

app = typer.Typer(add_completion=False)


@app.command()
def hold(
    channel: Channel,
    direction: Annotated[Direction, typer.Argument(help="export or import.")],
    reason: Annotated[str, typer.Option(help="Why: shown to everybody who looks, and kept in the audit.")],
    detach: Annotated[bool, typer.Option("--detach", help="The lane leaves its group, so that Kafka's tools may move it.")] = False,
    as_json: Json = False,
) -> None:
    """Holds a direction. It survives restarts; `ceebus release` ends it."""
    row = control().send("POST", "channels", channel, direction.value, "hold", body={"reason": reason, "detach": detach})
    tell(row, as_json)
    if not as_json:
        note(f"`ceebus release {channel} {direction.value}` lets it flow again.")
