"""`ceebus db`: the schemas of ceebus in both databases."""

from __future__ import annotations

from typing import Annotated

import typer

from services.kernel.settings import read_environment, read_settings
from services.sandbox.commands.show import Json, columns, show, wait_for
from services.sandbox.databases import missing, prepare

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Database schemas: what is missing, and applying it.")
Reference = Annotated[
    bool | None,
    typer.Option("--reference-cee/--no-reference-cee", help="The reference CEE in CEE's database; by itself only in an embedded one."),
]


@app.command()
def upgrade(reference_cee: Reference = None, as_json: Json = False) -> None:
    """Applies what is missing, each file in a transaction; two upgrades at once wait for each other."""
    values, wanted = read_settings(), is_wanted(reference_cee)
    before = wait_for(missing(values.database_url, values.cee_database_url, reference=wanted))
    wait_for(prepare(values.database_url, values.cee_database_url, reference=wanted))
    show({"applied": before}, as_json, "\n".join(f"applied {name}" for name in before) or "Both databases were up to date.")


@app.command()
def status(reference_cee: Reference = None, as_json: Json = False) -> None:
    """What `upgrade` would apply; exit code 1 if there is anything."""
    values = read_settings()
    found = wait_for(missing(values.database_url, values.cee_database_url, reference=is_wanted(reference_cee)))
    rows = [("missing", name) for name in found]
    show({"missing": found}, as_json, columns(rows) if rows else "Both databases are up to date.")
    if found:
        raise typer.Exit(1)


def is_wanted(asked: bool | None) -> bool:
    """Whether the reference CEE belongs there: as asked for, else only beside nobody else's CEE."""
    return "cee_database_url" not in read_environment() if asked is None else asked
