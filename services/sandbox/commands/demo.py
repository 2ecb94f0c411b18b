"""`ceebus demo`: from nothing to devices in step, and a table that proves it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from services.kernel.settings import read_values
from services.sandbox.commands.show import CommandFailed, Json
from services.sandbox.generate.sizes import SIZES

app = typer.Typer(add_completion=False)


@app.command()
def demo(
    *,
    size: Annotated[str, typer.Option(help=f"{', '.join(SIZES)}.")] = "small",
    home: Annotated[
        Path | None,
        typer.Option(help="Folder for the demo's servers and devices, emptied first; .ceebus/demo unless CEEBUS_HOME says else."),
    ] = None,
    as_json: Json = False,
) -> None:
    """A sample company travels to two devices, changes for half a minute, and is compared with CEE. Exit code 1 if anything differs."""
    if size not in SIZES:
        raise CommandFailed("request_invalid", f"There is no size {size}.", f"Sizes: {', '.join(SIZES)}.", 2)
    run = import_module("services.sandbox.demo.command").run
    raise typer.Exit(run(home or read_values()[0] / "demo", size, as_json))
