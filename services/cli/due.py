"""`ceebus due`: records that could not be delivered as they came, and uploads (kinds `import/...`) without a final answer."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from services.cli import imports
from services.cli.client import control
from services.cli.failure import Failure
from services.cli.output import Json, Why, cell, note, say, show_json, table

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Records and uploads that could not be delivered: look, retry, confirm, discard."
)
Channel = Annotated[str, typer.Argument(help="Id of the channel.")]
Kind = Annotated[str, typer.Argument(help="Kind of the record, such as partners, or import/partners for uploads.")]
Keys = Annotated[list[str] | None, typer.Argument(metavar="[KEY]...", help="Keys (of uploads: source_id); none = all of the kind.")]
Code = Annotated[str | None, typer.Option(help="Only records with this code.")]
Lang = Annotated[str, typer.Option("--lang", envvar="CEEBUS_LANG", help="Language of the texts: pl, de or en.")]


@app.command("list")
def list_due(
    *,
    channel: Annotated[str | None, typer.Argument(help="Only those of this channel.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only this kind.")] = None,
    code: Code = None,
    outcome: Annotated[str | None, typer.Option(help="quarantined or waiting.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 200,
    lang: Lang = "en",
    as_json: Json = False,
) -> None:
    """What is due, and why."""
    # one more than is shown tells whether there is more
    found = list(control().pages("due", limit=limit + 1, channel=channel, kind=kind, code=code, outcome=outcome, lang=lang))
    rows = found[:limit]
    if as_json:
        show_json(rows)
    else:
        columns = ("=channel", "=kind", "key", "=code", "why")
        table(columns, [_line(row) for row in rows], empty="nothing is due")
    if len(found) > limit:
        note(f"There are more than {limit}; --limit shows them.")


@app.command()
def show(
    channel: Channel, kind: Kind, key: Annotated[str, typer.Argument(help="Key of the record.")], lang: Lang = "en", as_json: Json = False
) -> None:
    """One due record or upload, with the bytes that arrived."""
    if kind.startswith(imports.PREFIX):
        imports.show_open((channel, kind, key), lang, as_json)
        return
    row = control().get("channels", channel, "due", kind, "record", key=key, lang=lang)
    if as_json:
        show_json(row)
        return
    names = (
        "outcome",
        "code",
        "text",
        "attempts",
        "exhausted",
        "first_at",
        "last_at",
        "topic",
        "topic_partition",
        "topic_offset",
        "missing",
    )
    table(("", ""), [(name.replace("_", " "), row[name]) for name in names if row[name] is not None], title=f"{kind} {cell(key)}")
    say("\nThe record as it arrived:")
    say(_readable(row))


@app.command()
def retry(
    *,
    channel: Channel,
    kind: Annotated[str | None, typer.Argument(help="A kind; may be left out with --code.")] = None,
    keys: Keys = None,
    code: Code = None,
    reason: Why = None,
    as_json: Json = False,
) -> None:
    """Has objects published again as CEE has them now, and uploads judged again."""
    done = control().send("POST", "channels", channel, "due", "retry", body=_chosen(kind, keys, code) | {"reason": reason})
    already = f"; {done['chosen'] - done['done']} more were asked for before" if done["chosen"] > done["done"] else ""
    asked = "The writer was asked to judge" if _is_import(kind) else "The source was asked to publish"
    if kind is None:
        asked = "Source and writer were asked for"
    _report(done, as_json, f"{asked} {done['done']} again{already}.")


@app.command()
def confirm(
    channel: Channel,
    kind: Annotated[str, typer.Argument(help="A kind such as import/partners.")] = "import/partners",
    keys: Keys = None,
    reason: Why = None,
    as_json: Json = False,
) -> None:
    """Has uploads imported that only wait because of their warnings."""
    done = control().send("POST", "channels", channel, "due", "confirm", body=_chosen(kind, keys, None) | {"reason": reason})
    already = f"; {done['chosen'] - done['done']} more were confirmed before" if done["chosen"] > done["done"] else ""
    _report(done, as_json, f"The writer was asked to import {done['done']}{already}.")


@app.command()
def discard(
    *,
    channel: Channel,
    reason: Annotated[str, typer.Option(help="Why: kept beside the record's last outcome.")],
    kind: Annotated[str | None, typer.Argument(help="A kind; may be left out with --code.")] = None,
    keys: Keys = None,
    code: Code = None,
    as_json: Json = False,
) -> None:
    """Gives records up. A newer version of an object comes through as ever. Uploads are refused to their senders, with the reason."""
    done = control().send("POST", "channels", channel, "due", "discard", body=_chosen(kind, keys, code) | {"reason": reason})
    text = f"The writer was asked to refuse {done['done']}." if _is_import(kind) else f"{done['done']} discarded."
    _report(done, as_json, text)


def _is_import(kind: str | None) -> bool:
    return kind is not None and kind.startswith(imports.PREFIX)


def _chosen(kind: str | None, keys: list[str] | None, code: str | None) -> dict[str, Any]:
    return {"kind": kind, "keys": keys or None, "code": code}


def _report(done: dict[str, int], as_json: bool, text: str) -> None:
    if done["chosen"] == 0:
        raise Failure("due_unknown", "No due record fits.", "`ceebus due list CHANNEL` shows what is due.")
    if as_json:
        show_json(done)
    else:
        say(text)


def _line(row: dict[str, Any]) -> tuple[Any, ...]:
    parked = f" Parked after {row['attempts']} attempts." if row["exhausted"] else ""
    return (row["channel"], row["kind"], row["key"], row["code"], row["text"] + parked)


def _readable(row: dict[str, Any]) -> str:
    """JSON indented, other text as it is, anything else as base64."""
    if row["value"] is None:
        return f"base64: {row['value_base64']}" if row["value_base64"] else "(none: the object is gone)"
    try:
        return json.dumps(json.loads(row["value"]), indent=2, ensure_ascii=False)
    except ValueError:
        return cell(row["value"])
