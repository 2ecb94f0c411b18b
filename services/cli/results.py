"""`ceebus results`: what became of the uploads of a channel, the newest answer first."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from services.cli.client import control
from services.cli.output import Json, note, show_json, table

app = typer.Typer(add_completion=False)


@app.command()
def results(
    *,
    channel: Annotated[str, typer.Argument(help="Id of the channel.")],
    sender: Annotated[str | None, typer.Option(help="Only of this sender: device/ID or management/ID.")] = None,
    kind: Annotated[str | None, typer.Option(help="partners, documents, attachments or visits.")] = None,
    outcome: Annotated[str | None, typer.Option(help="imported, unchanged, waiting, rejected, conflict or quarantined.")] = None,
    code: Annotated[str | None, typer.Option(help="Only answers with this code, or with a warning of this code.")] = None,
    final: Annotated[bool | None, typer.Option("--final/--open", help="Only final answers, or only uploads that have none yet.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 200,
    lang: Annotated[str, typer.Option("--lang", envvar="CEEBUS_LANG", help="Language of the texts: pl, de or en.")] = "en",
    as_json: Json = False,
) -> None:
    """The last answer to each upload: its outcome, HQ number or reason, and remarks."""
    asked = {"sender": sender, "kind": kind, "outcome": outcome, "code": code, "final": final, "lang": lang}
    # one more than is shown tells whether there is more
    found = list(control().pages("channels", channel, "results", limit=limit + 1, **asked))
    rows = found[:limit]
    if as_json:
        show_json(rows)
    else:
        table(("=kind", "source_id", "sender", "=outcome", "number", "why"), [_line(row) for row in rows], empty="no answers")
    if len(found) > limit:
        note(f"There are more than {limit}; --limit shows them.")


def _line(row: dict[str, Any]) -> tuple[Any, ...]:
    warned = [f"Warning: {warning['text']}" for warning in row["warnings"]]
    named = row["source_id"] if row["revision"] == 1 else f"{row['source_id']} rev. {row['revision']}"
    return (row["kind"], named, row["sender"], row["outcome"], row["number"], " ".join([*filter(None, [row["text"]]), *warned]))
