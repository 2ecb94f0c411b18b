"""What `ceebus export run` and `ceebus import run` share: asking for a run, watching it, and its report."""

from __future__ import annotations

import time
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from services.cli.client import control
from services.cli.failure import NOT_AS_WANTED, USAGE, Failure
from services.cli.output import cell, moment, note, progress, say, seconds, show_json, table

FINISHED = ("completed", "completed_with_warnings", "completed_with_errors", "failed", "cancelled")
COUNTS = ("sent", "removed", "unchanged", "filtered", "waiting", "rejected", "quarantined", "conflict", "warning")
LOOK_S = 0.2

Channel = Annotated[str, typer.Argument(metavar="CHANNEL", help="Id of the channel.")]
Kinds = Annotated[list[str] | None, typer.Option("--kind", help="Only this kind; may be repeated. None: all of the direction.")]
Since = Annotated[
    str, typer.Option(help="last-transfer, anytime, a timestamp such as 2026-11-24T09:00+01:00, run:ID, or offset:KIND/PARTITION=N,...")
]
Keys = Annotated[list[str] | None, typer.Option("--key", help="Only this key (of imports: source_id); may be repeated. Needs one --kind.")]
Queue = Annotated[str | None, typer.Option(help="Processing queue; the channel's own if left out.")]
Priority = Annotated[int, typer.Option(min=1, max=9, help="1 goes first.")]
Force = Annotated[bool, typer.Option("--force", help="Devices download again what has not changed, too.")]
Wait = Annotated[bool, typer.Option("--wait", help="Stay until it has ended; exit code 1 unless it completed without errors.")]


class Overlap(StrEnum):
    """What if another run waits or is at work."""

    wait = "wait"
    merge = "merge"
    refuse = "refuse"


OverlapOption = Annotated[Overlap, typer.Option(help="If another run waits or is at work: wait, merge with an equal one, refuse.")]


def since_of(text: str) -> dict[str, Any]:
    """The request's fields for what stands behind --since."""
    if text in ("last-transfer", "anytime"):
        return {"since": text}
    if text.startswith("run:"):
        return {"since": "run", "since_run": text.removeprefix("run:")}
    if text.startswith("offset:"):
        places = dict(part.partition("=")[::2] for part in text.removeprefix("offset:").split(","))
        if not all(offset.isdigit() for offset in places.values()):
            raise Failure("request_invalid", f"{text} is no list such as offset:partners/0=120,partners/1=80.", exit_code=USAGE)
        return {"since": "offset", "since_offsets": {place: int(offset) for place, offset in places.items()}}
    return {"since": "timestamp", "since_at": text}


def start(direction: str, channel: str, body: dict[str, Any], wait: bool, as_json: bool) -> None:
    """Asks for the run and shows it, or what became of it."""
    run = control().send("POST", "channels", channel, direction, "runs", body=body)
    if wait:
        finish(run["id"], as_json)
    elif as_json:
        show_json(run)
    else:
        say(f"run {run['id']}: {said(run)}")
        note(f"`ceebus runs watch {run['id']}` shows how far it is.")


def finish(run: str, as_json: bool) -> None:
    """Waits for the end with a bar per kind, then shows the report."""
    ended = watch(run)
    show(ended, as_json)
    if ended["state"] not in ("completed", "completed_with_warnings"):
        raise typer.Exit(NOT_AS_WANTED)


def watch(run: str) -> dict[str, Any]:
    """The run at its end."""
    with progress() as bars:
        tasks: dict[str, Any] = {}
        while True:
            shown: dict[str, Any] = control().get("runs", run)
            for kind in shown["progress"]:
                total = kind["selected"] or 1
                figures = f"{kind['phase']} {cell(kind['read'])} of {cell(kind['selected'])}" if kind["selected"] else kind["phase"]
                if kind["kind"] not in tasks:
                    tasks[kind["kind"]] = bars.add_task(kind["kind"], total=total, figures=figures)
                done = total if kind["phase"] == "done" else min(kind["read"] or 0, total * 0.99)
                bars.update(tasks[kind["kind"]], total=total, completed=done, figures=figures)
            if shown["state"] in FINISHED:
                return shown
            time.sleep(LOOK_S)


def said(run: dict[str, Any]) -> str:
    """State, and what stands in the way."""
    words = [run["state"].replace("_", " ")]
    if run["held"]:
        words.append("held")
    if run["cancelling"]:
        words.append("is being cancelled")
    if run["code"] or run["detail"]:
        words.append(" ".join(filter(None, (run["code"], f"({run['detail']})" if run["detail"] else None))))
    return ", ".join(words)


def show(run: dict[str, Any], as_json: bool) -> None:
    """A run with its kinds; of an ended one the report."""
    if as_json:
        show_json(run)
        return
    about = f"{run['direction']} of channel {run['channel']}, since {run['since_at'] or run['since']}"
    say(f"run {run['id']}: {about}, asked by {run['asked_by']} at {moment(run['created_at'])} UTC\n{said(run)}")
    counts = [name for name in COUNTS if any(kind["counts"].get(name) for kind in run["progress"])]
    columns = ("=kind", "=phase", ">selected", *(f">{name}" for name in counts), ">took")
    table(columns, [_line(kind, counts, run) for kind in run["progress"]])
    report = run["report"] or {}
    if report.get("reasons"):
        say("reasons  " + ", ".join(f"{reason['code']} {reason['records']:,}" for reason in report["reasons"]))


def _line(kind: dict[str, Any], counts: Sequence[str], run: dict[str, Any]) -> list[Any]:
    kept = ((run["report"] or {}).get("kinds") or {}).get(kind["kind"], {})
    selected = kept.get("selected", kind["selected"])
    return [kind["kind"], kind["phase"], selected, *(kind["counts"].get(name, 0) for name in counts), seconds(kept.get("seconds"))]
