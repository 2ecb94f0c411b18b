"""What a changed JSON Schema breaks. Used by schemas/publish.py before it writes, and by the contract tests.

What others may send (CEE `cee`, devices `mobile`) may only become more, what others must understand (`export`, `import`) may
only become less; new fields are always welcome, since readers ignore what they do not know. Known constraints only: the ones
our models produce.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Side = Literal["cee", "export", "mobile", "import"]
Schema = dict[str, Any]

TAKEN = frozenset({"cee", "mobile"})  # the sides where others write and ceebus reads
# constraints by what a greater number does to the set of permitted values
_UPPER = ("maxLength", "maximum", "maxItems")
_LOWER = ("minLength", "minimum", "minItems")


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two states of one schema document, to resolve references in, and who would be broken."""

    before: Schema
    after: Schema
    side: Side


def breaks(before: Schema, after: Schema, side: Side) -> list[str]:
    """Each break as one sentence that begins with the path of the field, e.g. `addresses[].city: maxLength 60 -> 40`."""
    return list(dict.fromkeys(_compare(_Pair(before, after, side), "", before, after)))


def _compare(pair: _Pair, path: str, before: Schema, after: Schema) -> Iterator[str]:
    old, new = _alternatives(before, pair.before), _alternatives(after, pair.after)
    lost, added = old.keys() - new.keys(), new.keys() - old.keys()
    if not old.keys() & new.keys():
        yield f"{path or 'record'}: {_listed(added)} instead of {_listed(lost)}"
        return
    if lost and pair.side in TAKEN:
        yield f"{path or 'record'}: {_listed(lost)} no longer permitted"
    if added and pair.side not in TAKEN and not _is_told_apart(before):  # a new dictionary is new data, another type is not
        yield f"{path or 'record'}: {_listed(added)} not permitted before"
    for label in sorted(old.keys() & new.keys()):
        where = f"{path}<{label}>" if _is_told_apart(before) else path
        yield from _compare_one(pair, where, old[label], new[label])


def _compare_one(pair: _Pair, path: str, old: Schema, new: Schema) -> Iterator[str]:
    yield from _compare_values(pair.side, path, old, new)
    yield from _compare_limits(pair.side, path, old, new)
    if "properties" in old:
        yield from _compare_fields(pair, path, old, new)
    if "items" in old and "items" in new:
        yield from _compare(pair, f"{path}[]", old["items"], new["items"])


def _compare_fields(pair: _Pair, path: str, old: Schema, new: Schema) -> Iterator[str]:
    before, after = old["properties"], new.get("properties", {})
    had, has = set(old.get("required", ())), set(new.get("required", ()))
    for name in before:
        where = f"{path}.{name}" if path else name
        if name not in after:
            yield f"{where}: removed"
        else:
            yield from _compare(pair, where, before[name], after[name])
    if pair.side in TAKEN:
        yield from (f"{path + '.' if path else ''}{name}: now required" for name in sorted(has - had))
    else:
        yield from (f"{path + '.' if path else ''}{name}: no longer required" for name in sorted((had - has) & after.keys()))


def _compare_values(side: Side, path: str, old: Schema, new: Schema) -> Iterator[str]:
    """Closed lists and constants; a list that opens or closes is one that grew or shrank."""
    before, after = _values(old), _values(new)
    if side in TAKEN and after is not None:
        gone = before - after if before is not None else {"all other values"}
        if gone:
            yield f"{path}: {_listed(gone)} no longer permitted"
    if side not in TAKEN and before is not None:
        more = after - before if after is not None else {"all other values"}
        if more:
            yield f"{path}: {_listed(more)} not permitted before"


def _compare_limits(side: Side, path: str, old: Schema, new: Schema) -> Iterator[str]:
    for name in (*_UPPER, *_LOWER):
        before, after = old.get(name), new.get(name)
        narrower = after is not None and (before is None or (after < before if name in _UPPER else after > before))
        wider = before is not None and (after is None or (after > before if name in _UPPER else after < before))
        if narrower if side in TAKEN else wider:
            yield f"{path}: {name} {before} -> {after}"
    for name in ("pattern", "format"):  # whether one pattern permits more than another cannot be told: any other one may break
        before, after = old.get(name), new.get(name)
        if before != after and (after if side in TAKEN else before) is not None:
            yield f"{path}: {name} {before} -> {after}"


def _alternatives(schema: Schema, document: Schema) -> dict[str, Schema]:
    """The kinds of value a schema permits, by what tells them apart: the discriminator's value, else the JSON type."""
    if _is_told_apart(schema):
        return {tag: _resolved({"$ref": target}, document) for tag, target in schema["discriminator"]["mapping"].items()}
    choices = schema.get("anyOf") or schema.get("oneOf") or [schema]
    found: dict[str, Schema] = {}
    for choice in choices:
        one = _resolved(choice, document)
        label = one.get("type", "anything")
        found[f"{label} (another)" if label in found else label] = one
    return found


def _resolved(schema: Schema, document: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    target: Schema = document["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    return _resolved(target | {name: part for name, part in schema.items() if name != "$ref"}, document)


def _values(schema: Schema) -> set[str] | None:
    if "const" in schema:
        return {str(schema["const"])}
    return {str(value) for value in schema["enum"]} if "enum" in schema else None


def _is_told_apart(schema: Schema) -> bool:
    return "discriminator" in schema


def _listed(names: set[str]) -> str:
    return ", ".join(sorted(names))
