"""Writes schemas/published/: what travels, as JSON Schema, one file a stream and kind. `make schemas`; the files are committed.

They are what was agreed with CEE, with the devices and with subscribers: a change that would break either side is named and not written
(schemas/compatibility.py); it belongs into a new version beside the old.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from schemas.cee.registry import CHANGES
from schemas.channel import ID_PATTERN
from schemas.compatibility import TAKEN, Side, breaks
from schemas.export.master_data import BY_DICTIONARY
from schemas.export.price_lists import PriceList, PriceRow
from schemas.export.registry import EXPORT
from schemas.export.results import KIND as RESULTS
from schemas.export.results import ImportResult
from schemas.imports.registry import IMPORTS
from schemas.mobile.registry import MOBILE
from schemas.topics import IMPORT_KINDS, KINDS

Schema = dict[str, Any]
FOLDER = Path(__file__).with_name("published")
VERSION = 1
PUBLISHED: dict[Side, tuple[str, ...]] = {"cee": KINDS, "export": (*KINDS, RESULTS), "mobile": IMPORT_KINDS, "import": IMPORT_KINDS}
PAYLOADS: dict[str, Sequence[type[BaseModel]]] = {
    **{kind: (payload,) for kind, payload in EXPORT.items()},
    "master-data": tuple(dict.fromkeys(BY_DICTIONARY.values())),
    "price-lists": (PriceList, PriceRow),
}
MODELS: dict[Side, Mapping[str, Sequence[type[BaseModel]]]] = {
    "cee": CHANGES,
    "export": PAYLOADS,
    "mobile": {kind: (upload,) for kind, upload in MOBILE.items()},
    "import": {kind: (record,) for kind, record in IMPORTS.items()},
}
TOLD_APART_BY = {"master-data": "dictionary", "price-lists": "record"}

_HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of the canonical JSON without the volatile fields."}
_RUN: Schema = {"type": "string", "description": "UUID of the run that sent it; absent in live mode."}


def published(side: Side, kind: str) -> Path:
    """Where the agreed schema of a kind lies."""
    return FOLDER / side / f"{kind}.v{VERSION}.json"


def agreed(side: Side, kind: str) -> Schema | None:
    """The schema as it was committed; None for a kind that is new."""
    path = published(side, kind)
    return json.loads(path.read_text()) if path.is_file() else None


def schema_of(side: Side, kind: str) -> Schema:
    """The schema of a kind as the models state it now."""
    if kind == RESULTS:
        return results_schema()
    models = MODELS[side][kind]
    mode: Literal["validation", "serialization"] = "validation" if side in TAKEN else "serialization"
    names, found = models_json_schema([(model, mode) for model in models], ref_template="#/$defs/{model}")
    definitions = {name: _tidy(definition, side) for name, definition in found["$defs"].items()}
    variants = [names[model, mode]["$ref"].removeprefix("#/$defs/") for model in models]
    for name, model in zip(variants, models, strict=True):
        _complete(definitions[name], side, kind)
        if side != "export":
            definitions[name]["examples"] = [_example(model, side, kind)]
    tag = TOLD_APART_BY.get(kind)
    if side == "export" and EXPORT[kind].leaves == "deactivate":
        definitions["Deactivated"] = _deactivated(definitions[variants[0]], kind)
        variants, tag = [*variants, "Deactivated"], "op"
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:ceebus:{side}:{kind}:v{VERSION}",
        "title": f"The value of a record on {side}.<channel>.{kind}",
    }
    return head | _choice(variants, tag, definitions) | {"$defs": definitions}


def results_schema() -> Schema:
    """The schema of an answer on `results.<ch>`: no kind of the nine, but devices receive it like one."""
    schema: Schema = _tidy(ImportResult.model_json_schema(mode="serialization", ref_template="#/$defs/{model}"), "export")
    schema["properties"]["content_hash"] = _HASH
    schema["required"] = [*schema["required"], "op", "kind", "content_hash"]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:ceebus:export:{RESULTS}:v{VERSION}"}
    return head | {"title": "The value of a record on results.<channel>"} | schema


def text_of(schema: Schema) -> str:
    """A schema as it is written."""
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _choice(variants: list[str], tag: str | None, definitions: Schema) -> Schema:
    """The record itself, or one of several that a field tells apart."""
    if tag is None:
        return {"$ref": f"#/$defs/{variants[0]}"}
    mapping = {value: f"#/$defs/{name}" for name in variants for value in _values(definitions[name]["properties"][tag])}
    return {
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in variants],
        "discriminator": {"propertyName": tag, "mapping": mapping},
    }


def _values(schema: Schema) -> list[str]:
    return [schema["const"]] if "const" in schema else list(schema["enum"])


def _complete(record: Schema, side: Side, kind: str) -> None:
    """What the models leave to the exporter: the constants of this topic, and what it adds to a payload."""
    properties, required = record["properties"], record["required"]
    properties["channel"] = {"type": "string", "pattern": ID_PATTERN}
    properties["kind"] = {"type": "string", "const": kind}
    if side in ("cee", "export"):
        properties["key"] = {"type": "string", "minLength": 1, "maxLength": 512}
    if side == "export":
        properties["op"] = {"type": "string", "const": "upsert"}
        properties["content_hash"], properties["run_id"] = _HASH, _RUN
        required += ["op", "content_hash"]


def _deactivated(upsert: Schema, kind: str) -> Schema:
    """An object that left the channel: its key, and the stub by which old documents still show it (domain.md 3.4)."""
    names = ("channel", "kind", "key", "version", "content_hash", "run_id")
    properties = {name: upsert["properties"][name] for name in (*names, *EXPORT[kind].stub)}
    properties["op"] = {"type": "string", "const": "deactivate"}
    return {
        "type": "object",
        "description": "The object left the channel; an object that is gone altogether has its key only.",
        "properties": properties,
        "required": ["channel", "kind", "key", "op", "version", "content_hash"],
    }


def _example(model: Any, side: Side, kind: str) -> Schema:
    if side != "cee":
        return dict(model.example)
    given: Schema = {"channel": "PL1", "kind": kind, "member": True, "version": 1} | model.example
    return given | {"key": given.get("key") or model.model_construct(**given).own_key()}


def _tidy(schema: Any, side: Side) -> Any:
    """Without pydantic's titles; on export without null, since a payload leaves empty fields out (in an edit null means emptied)."""
    if isinstance(schema, list):
        return [_tidy(part, side) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _tidy(part, side) for name, part in schema.items() if name != "title" or isinstance(part, dict)}
    if side != "export":
        return made
    if "default" in made and made["default"] is None:
        del made["default"]
    kinds = [part for part in made.get("anyOf", ()) if part != {"type": "null"}]
    if len(kinds) == 1:
        del made["anyOf"]
        return made | kinds[0]
    return made


def main(arguments: Sequence[str]) -> int:
    """Writes what changed; 1 if that would break what was agreed, or with --check if a file is not current."""
    stale, broken = [], []
    for side, kinds in PUBLISHED.items():
        for kind in kinds:
            path, before, now = published(side, kind), agreed(side, kind), schema_of(side, kind)
            if before == now:
                continue
            stale.append((path, now))
            broken += [f"{path.name} ({side}): {what}" for what in breaks(before, now, side)] if before else []
    for line in broken or [str(path.relative_to(FOLDER)) for path, _ in stale]:
        print(line)  # noqa: T201
    if broken or "--check" in arguments:
        return 1 if stale else 0
    for path, now in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of(now))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
