"""`ceebus explain`: why one object has not arrived, the obstacle first."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.cli.client import control
from services.cli.failure import NOT_AS_WANTED
from services.cli.output import Json, cell, say, show_json, table

app = typer.Typer(add_completion=False)
_SIGNS = {True: "ok", False: "HERE", None: "-"}
_ARRIVED = {"pl": "Dotarł: nic go nie zatrzymuje.", "de": "Angekommen: nichts hält es auf.", "en": "It has arrived: nothing keeps it."}
_NEXT = {"pl": "dalej", "de": "weiter", "en": "next"}


@app.command()
def explain(
    *,
    channel: Annotated[str, typer.Argument(help="Id of the channel.")],
    kind: Annotated[str, typer.Argument(help="Kind of the object, such as partners, or import/partners for an upload.")],
    key: Annotated[str, typer.Argument(help="Its key; of an upload its source_id, or a document's number at the device or in CEE.")],
    device: Annotated[str | None, typer.Option(help="On its way to this device; else to every active device that may see it.")] = None,
    lang: Annotated[str, typer.Option("--lang", envvar="CEEBUS_LANG", help="Language of the texts: pl, de or en.")] = "en",
    as_json: Json = False,
) -> None:
    """Why has it not arrived? Walks the way of one object and names the first obstacle; exit code 1 if there is one."""
    found = control().get("channels", channel, "explain", kind, key=key, device=device, lang=lang)
    if as_json:
        show_json(found)
    else:
        _show(found, lang)
    raise typer.Exit(NOT_AS_WANTED if found["obstacle"] else 0)


def _show(found: dict[str, Any], lang: str) -> None:
    obstacle = found["obstacle"]
    say(cell(obstacle["text"] if obstacle else _ARRIVED[lang]))
    if obstacle and obstacle["next"]:
        say(f"{_NEXT[lang]}: {cell(obstacle['next'])}")
    say("")
    first = found["steps"].index(obstacle) if obstacle else -1
    rows = [
        (step["stage"], _SIGNS[step["ok"]] if step["ok"] is not False or place == first else "no", step["text"])
        for place, step in enumerate(found["steps"])
    ]
    table(("=stage", "=", "what was found"), rows)
