"""Contracts on arbitrary records: what a schema permits is read, what is sent fits its schema, and no record at all stops the exporter."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
import rfc8785
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from schemas.cee.registry import CEE, CHANGES
from schemas.channel import Channel
from schemas.codes import CODES, text
from schemas.envelope import VOLATILE, Export, content_hash
from schemas.export.master_data import BY_DICTIONARY
from schemas.export.price_lists import PriceList, PriceRow
from schemas.export.registry import EXPORT
from schemas.publish import agreed
from schemas.topics import KINDS
from services.exporter.judge import Verdict, judge
from tests.properties.coherent import coherent, named
from tests.properties.from_schema import ANY_TEXT, records

CHANNEL = Channel.model_validate_json((Path(__file__).parents[1] / "contracts/golden/channel.json").read_bytes())
SCHEMAS = {(side, kind): agreed(side, kind) or {} for side in ("cee", "export") for kind in KINDS}
PERMITTED = {kind: records(SCHEMAS["cee", kind]) for kind in KINDS}
PUBLISHED = {kind: Draft202012Validator(SCHEMAS["export", kind]) for kind in KINDS}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(ANY_TEXT, max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(ANY_TEXT, max_size=10), inner, max_size=3),
    max_leaves=5,
)
some = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def payload_model(kind: str, value: dict[str, Any]) -> type[Export]:
    if kind == "master-data":
        return BY_DICTIONARY[value["dictionary"]]
    if kind == "price-lists":
        return PriceRow if value["record"] == "price" else PriceList
    return EXPORT[kind]


@pytest.mark.parametrize("kind", KINDS)
@some
@given(data=st.data())
def test_what_the_schema_permits_is_read(kind: str, data: st.DataObject) -> None:
    change = CEE[kind].validate_json(orjson.dumps(named(data.draw(PERMITTED[kind]))))
    assert change.kind == kind


@pytest.mark.parametrize("kind", KINDS)
@some
@given(data=st.data())
def test_change_goes_to_devices_as_its_payload_schema_says(kind: str, data: st.DataObject) -> None:
    change = coherent(kind, data.draw(PERMITTED[kind]))
    verdict = judge(CHANNEL, kind, change["key"].encode(), orjson.dumps(change))
    assert verdict.refused is None, verdict.refused
    value = orjson.loads(verdict.value or b"")
    PUBLISHED[kind].validate(value)
    canonical = rfc8785.dumps({name: part for name, part in value.items() if name not in VOLATILE})
    assert value.pop("content_hash") == verdict.hash == hashlib.sha256(canonical).hexdigest()
    assert payload_model(kind, value).model_validate_json(orjson.dumps(value)).model_dump(mode="json", exclude_none=True) == value
    assert all(reference[0] in KINDS and reference[1] for reference in [*EXPORT[kind].needs(value), *EXPORT[kind].soft(value)])


@pytest.mark.parametrize("kind", KINDS)
@some
@given(data=st.data())
def test_one_wrong_field_is_refused_with_a_code_or_does_no_harm(kind: str, data: st.DataObject) -> None:
    example = data.draw(st.sampled_from(CHANGES[kind])).example  # type: ignore[attr-defined]  # each has one: test_examples.py
    field = data.draw(st.sampled_from(sorted(example)))
    expect_one_outcome(kind, example["key"], json.dumps(example | {field: data.draw(JSON)}).encode())


@some
@given(kind=st.sampled_from(KINDS), key=st.text(ANY_TEXT), value=st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_stop_the_exporter(kind: str, key: str, value: bytes) -> None:
    expect_one_outcome(kind, key, value)


@given(
    fields=st.dictionaries(
        st.text(st.characters(codec="ascii")), st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(ANY_TEXT)
    )
)
def test_content_hash_is_that_of_rfc_8785(fields: dict[str, Any]) -> None:
    assert (
        content_hash(fields | {"version": 7})
        == hashlib.sha256(rfc8785.dumps({k: v for k, v in fields.items() if k not in VOLATILE})).hexdigest()
    )


def expect_one_outcome(kind: str, key: str, value: bytes) -> None:
    verdict: Verdict = judge(CHANNEL, kind, key.encode(), value)
    if verdict.refused is None:
        if verdict.value is not None:
            PUBLISHED[kind].validate(orjson.loads(verdict.value))
        return
    assert verdict.refused.outcome == CODES[verdict.refused.code].on_export
    assert "?" not in text(verdict.refused.code, "en", dict.fromkeys(verdict.refused.params, "x"))
    assert len(orjson.dumps(verdict.refused.params)) < 2000
