"""schemas/published/ is what was agreed with CEE and with the devices: it is current, and nobody breaks it unseen."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas import publish
from schemas.compatibility import Side, breaks
from schemas.export.registry import EXPORT
from schemas.topics import KINDS

Schema = dict[str, Any]
Mutation = Callable[[Schema], Any]
ALL = [(side, kind) for side, kinds in publish.PUBLISHED.items() for kind in kinds]


@pytest.mark.parametrize(("side", "kind"), ALL)
def test_the_committed_schema_is_what_the_models_state(side: Side, kind: str) -> None:
    before, now = publish.agreed(side, kind), _fresh(side, kind)
    assert before is not None, "run make schemas"
    assert breaks(before, now, side) == []
    assert before == now, "run make schemas"


@pytest.mark.parametrize(("side", "kind"), ALL)
def test_a_schema_is_valid_json_schema(side: Side, kind: str) -> None:
    Draft202012Validator.check_schema(_fresh(side, kind))


@pytest.mark.parametrize(("side", "kind"), [(side, kind) for side, kind in ALL if side != "export"])
def test_every_example_fits_the_schema_that_shows_it(side: Side, kind: str) -> None:
    schema = _fresh(side, kind)
    examples = [shape["examples"][0] for shape in schema["$defs"].values() if "examples" in shape]
    assert len(examples) == len(publish.MODELS[side][kind])
    for example in examples:
        Draft202012Validator(schema).validate(example)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if EXPORT[kind].leaves == "deactivate"])
def test_a_deactivation_needs_no_more_than_the_key(kind: str) -> None:
    known = {"channel": "PL1", "kind": kind, "key": "K", "op": "deactivate", "version": 0, "content_hash": "0" * 64}
    checker = Draft202012Validator(_fresh("export", kind))
    checker.validate(known)
    assert not checker.is_valid(known | {"op": "upsert"})


@cache
def _stated(side: Side, kind: str) -> str:
    return json.dumps(publish.schema_of(side, kind))


def _fresh(side: Side, kind: str) -> Schema:
    """A copy of its own, in which nothing is shared."""
    schema: Schema = json.loads(_stated(side, kind))
    return schema


def _fields(schema: Schema) -> Schema:
    properties: Schema = schema["$defs"]["Partner"]["properties"]
    return properties


def _required(schema: Schema) -> list[str]:
    names: list[str] = schema["$defs"]["Partner"]["required"]
    return names


def _new_required(schema: Schema) -> None:
    _fields(schema)["x"] = {"type": "string"}
    _required(schema).append("x")


BREAKS: list[tuple[str, Side, Mutation, str]] = [
    ("removed property", "cee", lambda s: _fields(s).pop("matchcode"), "matchcode: removed"),
    ("removed property", "export", lambda s: _fields(s).pop("matchcode"), "matchcode: removed"),
    ("removed nested", "export", lambda s: s["$defs"]["Address"]["properties"].pop("house"), "addresses[].house: removed"),
    ("changed type", "cee", lambda s: _fields(s).update(name={"type": "integer"}), "name: integer instead of string"),
    ("changed type", "export", lambda s: _fields(s).update(name={"type": "integer"}), "name: integer instead of string"),
    ("null refused", "cee", lambda s: _fields(s)["reps"]["anyOf"].pop(), "reps: null no longer permitted"),
    ("null sent", "export", lambda s: _fields(s).update(payer={"anyOf": [{"type": "string"}, {"type": "null"}]}), "payer: null"),
    ("narrowed enum", "cee", lambda s: _fields(s)["role"]["enum"].remove("prospect"), "role: prospect no longer permitted"),
    ("new enum", "cee", lambda s: _fields(s)["name"].update(enum=["A"]), "name: all other values no longer permitted"),
    ("wider enum", "export", lambda s: _fields(s)["role"]["enum"].append("supplier"), "role: supplier not permitted before"),
    ("opened enum", "export", lambda s: _fields(s)["role"].pop("enum"), "role: all other values not permitted before"),
    ("new required", "cee", lambda s: _required(s).append("matchcode"), "matchcode: now required"),
    ("new required field", "cee", lambda s: _new_required(s), "x: now required"),
    ("no longer required", "export", lambda s: _required(s).remove("name"), "name: no longer required"),
    ("shorter", "cee", lambda s: _fields(s)["name"].update(maxLength=60), "name: maxLength 120 -> 60"),
    ("longer", "export", lambda s: _fields(s)["name"].update(maxLength=255), "name: maxLength 120 -> 255"),
    ("without limit", "export", lambda s: _fields(s)["name"].pop("maxLength"), "name: maxLength 120 -> None"),
    ("more at least", "cee", lambda s: _fields(s)["addresses"].update(minItems=2), "addresses: minItems 1 -> 2"),
    ("tightened pattern", "cee", lambda s: _fields(s)["currency"].update(pattern="^PLN$"), "currency: pattern ^[A-Z]{3}$ -> ^PLN$"),
    ("new pattern", "cee", lambda s: _fields(s)["name"].update(pattern="^x"), "name: pattern None -> ^x"),
    ("other pattern", "export", lambda s: _fields(s)["currency"].update(pattern="^.*$"), "currency: pattern ^[A-Z]{3}$ -> ^.*$"),
]  # fmt: skip


@pytest.mark.parametrize(("side", "mutate", "named"), [row[1:] for row in BREAKS], ids=[f"{row[1]} {row[0]}" for row in BREAKS])
def test_a_break_is_found_and_named(side: Side, mutate: Mutation, named: str) -> None:
    before = _fresh(side, "partners")
    after = copy.deepcopy(before)
    mutate(after)
    found = breaks(before, after, side)
    assert len(found) >= 1
    assert found[0].removeprefix("<upsert>.").startswith(named), found


WELCOME: list[tuple[str, Side, Mutation]] = [
    ("new optional field", "cee", lambda s: _fields(s).update(x={"type": "string"})),
    ("new field", "export", lambda s: _fields(s).update(x={"type": "string"})),
    ("new required field", "export", lambda s: _new_required(s)),
    ("no longer required", "cee", lambda s: _required(s).remove("name")),
    ("required from now on", "export", lambda s: _required(s).append("matchcode")),
    ("wider enum", "cee", lambda s: _fields(s)["role"]["enum"].append("supplier")),
    ("narrower enum", "export", lambda s: _fields(s)["role"]["enum"].remove("prospect")),
    ("longer", "cee", lambda s: _fields(s)["name"].update(maxLength=255)),
    ("shorter", "export", lambda s: _fields(s)["name"].update(maxLength=60)),
    ("without pattern", "cee", lambda s: _fields(s)["currency"].pop("pattern")),
    ("with a pattern", "export", lambda s: _fields(s)["name"].update(pattern="^x")),
    ("another type besides", "cee", lambda s: _fields(s).update(name={"anyOf": [_fields(s)["name"], {"type": "integer"}]})),
    ("other words", "cee", lambda s: s["$defs"]["Partner"].update(description="A customer.")),
]


@pytest.mark.parametrize(("side", "mutate"), [row[1:] for row in WELCOME], ids=[f"{row[1]} {row[0]}" for row in WELCOME])
def test_what_only_adds_is_no_break(side: Side, mutate: Mutation) -> None:
    before = _fresh(side, "partners")
    after = copy.deepcopy(before)
    mutate(after)
    assert after != before
    assert breaks(before, after, side) == []


def test_a_break_inside_one_dictionary_is_named_with_it() -> None:
    before = _fresh("cee", "master-data")
    after = copy.deepcopy(before)
    after["$defs"]["Unit"]["properties"]["decimals"]["maximum"] = 3
    assert breaks(before, after, "cee") == ["<units>.decimals: maximum 6 -> 3"]


def test_a_dictionary_may_come_but_not_go() -> None:
    before = _fresh("cee", "master-data")
    more = copy.deepcopy(before)
    more["discriminator"]["mapping"]["brands"] = "#/$defs/Plain"
    assert breaks(before, more, "cee") == breaks(before, more, "export") == []
    assert breaks(more, before, "cee") == ["record: brands no longer permitted"]


def test_a_breaking_change_is_named_and_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(publish, "FOLDER", tmp_path)
    assert publish.main([]) == 0
    path = publish.published("export", "partners")
    stricter = json.loads(path.read_text())
    stricter["$defs"]["Partner"]["properties"]["name"]["maxLength"] = 20
    path.write_text(publish.text_of(stricter))
    capsys.readouterr()
    assert publish.main([]) == 1
    assert capsys.readouterr().out == "partners.v1.json (export): <upsert>.name: maxLength 20 -> 120\n"
    assert json.loads(path.read_text()) == stricter


def test_check_tells_what_is_not_current_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(publish, "FOLDER", tmp_path)
    assert publish.main(["--check"]) == 1
    assert "cee/partners.v1.json" in capsys.readouterr().out.splitlines()
    assert list(tmp_path.iterdir()) == []
