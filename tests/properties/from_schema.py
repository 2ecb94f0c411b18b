"""Records that a published JSON Schema permits, as a hypothesis strategy: the constraints that our models produce, no others."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

Schema = dict[str, Any]
Made = st.SearchStrategy[Any]

LONGEST_LIST = 2  # enough to repeat things; the limits themselves are for the golden files
MOST_CHANGED = 5  # fields of one record that are drawn: hypothesis pays for each
ANY_TEXT = st.characters(codec="utf-8")


def records(schema: Schema) -> Made:
    """Records of every shape of the document: its example with some fields drawn anew, and some optional ones left out."""
    named = schema["$defs"]
    return st.one_of([_record(shape, named) for shape in named.values() if "examples" in shape])


def _record(shape: Schema, named: Schema) -> Made:
    fields = {name: _values(part, named) for name, part in shape["properties"].items()}
    optional = sorted(fields.keys() - set(shape["required"]))
    drawn = st.lists(st.sampled_from(sorted(fields)), max_size=MOST_CHANGED, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: fields[name] for name in names})
    )
    left_out = st.lists(st.sampled_from(optional), max_size=MOST_CHANGED)
    return st.builds(lambda new, gone: {k: v for k, v in (shape["examples"][0] | new).items() if k not in gone}, drawn, left_out)


def _values(schema: Schema, named: Schema) -> Made:
    if "$ref" in schema:
        return _values(named[schema["$ref"].removeprefix("#/$defs/")], named)
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return st.one_of([_choice(choice, choices, named) for choice in choices])
    match schema.get("type"):
        case "object":
            return _objects(schema, named)
        case "array":
            least = schema.get("minItems", 0)
            return st.lists(_values(schema["items"], named), min_size=least, max_size=max(least, LONGEST_LIST))
        case "string":
            return _texts(schema)
        case "integer":
            return st.integers(schema.get("minimum", -(2**53)), schema.get("maximum", 2**53))
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
    return st.none() | st.booleans() | st.text(ANY_TEXT)  # no constraint at all


def _choice(choice: Schema, choices: list[Schema], named: Schema) -> Made:
    """A decimal may come as an integer, as long as it is one that fits the decimal's pattern."""
    pattern = next((other["pattern"] for other in choices if "pattern" in other), None)
    if choice.get("type") == "integer" and pattern:
        return st.integers(-(10**6), 10**6).filter(lambda number: re.fullmatch(pattern, str(number)) is not None)
    return _values(choice, named)


def _texts(schema: Schema) -> Made:
    least, most = schema.get("minLength", 0), schema.get("maxLength", 60)
    if schema.get("format") == "date":
        return st.dates().map(lambda day: day.isoformat())
    if "pattern" in schema:
        matching = st.from_regex(schema["pattern"], fullmatch=True, alphabet=ANY_TEXT)
        return matching.filter(lambda text: text == text.strip() and ("maxLength" not in schema or len(text) <= most))
    filled = st.text(ANY_TEXT, min_size=least, max_size=most)
    return filled.filter(lambda text: bool(text.strip())) if least else filled


def _objects(schema: Schema, named: Schema) -> Made:
    required = set(schema.get("required", ()))
    fields = {name: _values(part, named) for name, part in schema.get("properties", {}).items()}
    return st.fixed_dictionaries(
        {name: made for name, made in fields.items() if name in required},
        optional={name: made for name, made in fields.items() if name not in required},
    )
