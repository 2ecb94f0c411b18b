"""`ceebus release`: lets a held direction flow again."""

from __future__ import annotations

from typing import Annotated

import typer

from services.cli.client import control
from services.cli.mode import Channel, Direction, tell
from services.cli.output import Json, Why

app = typer.Typer(add_completion=False)


@app.command()
def release(
    channel: Channel, direction: Annotated[Direction, typer.Argument(help="export or import.")], reason: Why = None, as_json: Json = False
) -> None:
    """Ends a hold; it flows as its mode says."""
    tell(control().send("POST", "channels", channel, direction.value, "release", body={"reason": reason}), as_json)
