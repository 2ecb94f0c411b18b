"""`ceebus contracts`: what travels, as JSON Schema; and whether a file of changes keeps to it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from schemas import codes
from schemas.cee.registry import CEE
from schemas.compatibility import TAKEN, Side, breaks
from schemas.defect import defect_of
from schemas.mobile.registry import MOBILE
from schemas.publish import PUBLISHED, agreed, published, schema_of, text_of
from schemas.topics import IMPORT_KINDS, KINDS
from services.cli.failure import NOT_AS_WANTED, USAGE, Failure
from services.cli.output import Json, progress, say, show_json, table

app = typer.Typer(no_args_is_help=True, add_completion=False, help="What travels: published JSON Schemas, and checking against them.")
Kind = Annotated[str, typer.Argument(help=f"{', '.join(KINDS)}; uploads: {', '.join(IMPORT_KINDS)}.")]
Lang = Annotated[str, typer.Option("--lang", envvar="CEEBUS_LANG", help="Language of the texts: pl, de or en.")]
SHOWN = 50
_LANGUAGES: dict[str, codes.Language] = {"pl": "pl", "de": "de", "en": "en"}


@app.command("list")
def list_contracts(as_json: Json = False) -> None:
    """Every published schema: `cee` is what CEE may send, `export` what devices receive, `mobile` what they send."""
    rows = [{"side": side, "kind": kind, "file": str(published(side, kind)), "id": _id(side, kind)} for side, kind in _all()]
    if as_json:
        show_json(rows)
    else:
        table(("side", "kind", "schema"), [(row["side"], row["kind"], row["id"]) for row in rows])


@app.command()
def show(
    kind: Kind, side: Annotated[str | None, typer.Option(help=f"{', '.join(PUBLISHED)}; what devices see, if not given.")] = None
) -> None:
    """The published JSON Schema of a kind."""
    if side is None:
        side = "export" if kind in PUBLISHED["export"] else "mobile"
    sys.stdout.write(text_of(_schema(*_known(side, kind))))


@app.command()
def check(
    kind: Annotated[str | None, typer.Argument(help="Kind of the file's records.")] = None,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE.ndjson]", help="One JSON object a line, as for `ceebus ingest`.")] = None,
    side: Annotated[str, typer.Option(help="Whose records the file holds: cee or mobile.")] = "cee",
    lang: Lang = "en",
    as_json: Json = False,
) -> None:
    """Checks a file of changes without sending it; without a file, whether the published schemas are those of this version.

    Exit code 1 if a line is refused, or a schema is not current.
    """
    if kind is not None and file is None:
        raise Failure("request_invalid", "A kind alone can't be checked.", "Name a file too, or neither.", USAGE)
    found = _file_faults(_known(side, kind), file, lang) if kind is not None and file is not None else _schema_faults()
    if as_json:
        show_json({"faults": found})
    else:
        columns = (">line", "field", "code", "why") if file is not None else ("side", "kind", "what")
        table(columns, [list(row.values()) for row in found[:SHOWN]], empty="everything fits")
        if len(found) > SHOWN:
            say(f"{len(found):,} in all; --json shows every one.")
    if found:
        raise typer.Exit(NOT_AS_WANTED)


def _schema_faults() -> list[dict[str, Any]]:
    faults = []
    for side, kind in _all():
        before, now = agreed(side, kind), schema_of(side, kind)
        if before != now:
            broken = breaks(before, now, side) if before else []
            faults += [{"side": side, "kind": kind, "what": what} for what in broken or ["not published yet: `make schemas`"]]
    return faults


def _file_faults(contract: tuple[Side, str], file: Path, lang: str) -> list[dict[str, Any]]:
    side, kind = contract
    if side not in TAKEN:
        raise Failure("request_invalid", f"Nobody sends records of {side}.", f"Use --side {' or '.join(sorted(TAKEN))}.", USAGE)
    if not file.is_file():
        raise Failure("file_missing", f"There is no file {file}.", exit_code=USAGE)
    faults = []
    for number, line in enumerate(_lines(file), 1):
        body = _completed(side, kind, line)
        try:
            if body is None:
                continue
            if side == "mobile":
                MOBILE[kind].model_validate_json(body)
            else:
                CEE[kind].validate_json(body)
        except ValidationError as error:
            defect = defect_of(error)
            why = codes.text(defect.code, _LANGUAGES.get(lang, "en"), defect.params)
            faults.append({"line": number, "field": defect.params.get("field"), "code": defect.code, "why": why})
    return faults


def _completed(side: Side, kind: str, line: bytes) -> bytes | None:
    """A line as ingest or the gateway completes it; None where there is nothing to hold to the contract: an empty line, a removal."""
    try:
        body = json.loads(line)
    except ValueError:
        return line if line.strip() else None
    if not isinstance(body, dict):
        return line
    if side == "mobile":
        return json.dumps({"channel": "X", "kind": kind, "client": "device", "rep": "X"} | body).encode()
    if body.get("op") == "delete" and body.get("key"):
        return None
    return json.dumps({"channel": "X", "kind": kind, "member": True} | body).encode()


def _lines(file: Path) -> Iterator[bytes]:
    with progress() as shown, file.open("rb") as source:
        bar = shown.add_task(file.name, total=file.stat().st_size, figures="")
        for line in source:
            yield line
            shown.update(bar, advance=len(line))


def _schema(side: Side, kind: str) -> dict[str, Any]:
    return agreed(side, kind) or schema_of(side, kind)


def _id(side: Side, kind: str) -> str:
    return str(_schema(side, kind)["$id"])


def _all() -> list[tuple[Side, str]]:
    return [(side, kind) for side, kinds in PUBLISHED.items() for kind in kinds]


def _known(side: str, kind: str) -> tuple[Side, str]:
    if side not in PUBLISHED:
        raise Failure("request_invalid", f"There is no side {side}.", f"Use {' or '.join(PUBLISHED)}.", USAGE)
    for known in _all():
        if known == (side, kind):
            return known
    kinds = next(kinds for known, kinds in PUBLISHED.items() if known == side)
    raise Failure("kind_unknown", f"There is no kind {kind} on side {side}. Kinds: {', '.join(kinds)}.", exit_code=USAGE)
