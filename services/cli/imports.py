"""`ceebus import`: uploads of devices and of the back-office app on their way into CEE, and those that wait."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from services.cli.client import control
from services.cli.failure import NOT_REACHABLE, Failure
from services.cli.output import Json, Why, cell, note, say, seconds, show_json, table
from services.cli.run import Channel, Keys, Kinds, Overlap, OverlapOption, Priority, Queue, Since, Wait, since_of, start

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Uploads on their way into CEE.")
PREFIX = "import/"  # before the kind on the due list
_COLUMNS = ("=kind", ">uploaded", ">imported", ">unchanged", ">waiting", ">rejected", ">conflict", ">quarant.", ">lag", ">oldest")
_NAMES = ("kind", "uploaded", "imported", "unchanged", "waiting", "rejected", "conflict", "quarantined")


@app.command()
def run(
    *,
    channel: Channel,
    kind: Kinds = None,
    since: Since = "last-transfer",
    key: Keys = None,
    queue: Queue = None,
    priority: Priority = 5,
    overlap: OverlapOption = Overlap.merge,
    reason: Why = None,
    wait: Wait = False,
    as_json: Json = False,
) -> None:
    """ "Import BUS danych": judges uploads since then, and those that wait, again. What was imported is recognised."""
    body = {"kinds": kind or [], "keys": key or [], "queue": queue, "priority": priority, "reason": reason}
    start("import", channel, body | since_of(since) | {"overlap": overlap.value}, wait, as_json)


@app.command()
def status(channel: Annotated[str, typer.Argument(help="Id of the channel.")], as_json: Json = False) -> None:
    """Uploads of each kind by outcome; lag: on their way, before importer and writer; oldest: how long the first one waits."""
    found = control().get("channels", channel, "imports")
    if as_json:
        show_json(found)
    else:
        rows = [[row[name] for name in _NAMES] + [_lag(row), seconds(row["waiting_age_s"])] for row in found["kinds"]]
        table(_COLUMNS, rows, title=f"Channel {found['channel']}{'' if found['active'] else ' (inactive)'}")
        codes = [f"{row['kind']}: {', '.join(f'{code} {count}' for code, count in row['codes'].items())}" for row in found["kinds"]]
        said = [line for line in codes if not line.endswith(": ")]
        if said:
            say("codes    " + "\n         ".join(said))
        for text in found["away"]:
            note(f"away     {cell(text)}")
    if found["away"] and not as_json:
        raise Failure("part_away", "Some figures are missing: a part does not answer.", "`ceebus config check` shows which.", NOT_REACHABLE)


def show_open(place: tuple[str, str, str], lang: str, as_json: bool) -> None:
    """`ceebus due show` for an upload: everything of one object (channel, kind, source_id) that has no final answer."""
    channel, kind, key = place
    found = control().get("channels", channel, "imports", kind.removeprefix(PREFIX), "record", key=key, lang=lang)
    if as_json:
        show_json(found)
        return
    for row in found["items"]:
        names = ("sender", "revision", "outcome", "code", "text", "attempt", "received_at", "answered_at", "confirmed")
        lines = [(name.replace("_", " "), row[name]) for name in names if row[name] is not None]
        lines += [("warning", warning["text"]) for warning in row["warnings"]]
        table(("", ""), lines, title=f"{kind} {cell(key)}")
        say("\nThe upload as it arrived:")
        say(_readable(row))
    for text in found["away"]:
        note(f"away     {cell(text)}")


def _readable(row: dict[str, Any]) -> str:
    if row["value"] is None:
        return f"base64: {row['value_base64']}" if row["value_base64"] else "(not to be seen: CEE does not answer, or it has gone on)"
    try:
        return json.dumps(json.loads(row["value"]), indent=2, ensure_ascii=False)
    except ValueError:
        return cell(row["value"])


def _lag(row: dict[str, Any]) -> int | None:
    known = row["importer_lag"] is not None and row["writer_lag"] is not None
    return row["importer_lag"] + row["writer_lag"] if known else None
