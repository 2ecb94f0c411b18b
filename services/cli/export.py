"""`ceebus export`: "Eksport BUS danych" of the CEE manual: the nine exports as runs, all of them or single ones."""

from __future__ import annotations

import typer

from services.cli.output import Json, Why
from services.cli.run import Channel, Force, Keys, Kinds, Overlap, OverlapOption, Priority, Queue, Since, Wait, since_of, start

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Exports of a channel as runs.")


@app.callback()
def export() -> None:
    """Exports of a channel as runs."""


@app.command()
def run(
    *,
    channel: Channel,
    kind: Kinds = None,
    since: Since = "last-transfer",
    key: Keys = None,
    queue: Queue = None,
    priority: Priority = 5,
    force: Force = False,
    overlap: OverlapOption = Overlap.merge,
    reason: Why = None,
    wait: Wait = False,
    as_json: Json = False,
) -> None:
    """Transfers what changed in CEE since then, and tries what is due again."""
    body = {"kinds": kind or [], "keys": key or [], "force": force, "queue": queue, "priority": priority, "reason": reason}
    start("export", channel, body | since_of(since) | {"overlap": overlap.value}, wait, as_json)
