"""Contracts of uploads on arbitrary records: what a schema permits is read, what goes on fits its own, nothing stops the importer."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from schemas.codes import CODES, text
from schemas.imports.registry import IMPORTS
from schemas.mobile.registry import MOBILE
from schemas.publish import agreed
from schemas.topics import IMPORT_KINDS
from services.importer.devices import Device
from services.importer.judge import Sent, judge
from tests.properties.from_schema import ANY_TEXT, records
from tests.properties.test_schemas import CHANNEL, JSON, some

SCHEMAS = {(side, kind): agreed(side, kind) or {} for side in ("mobile", "import") for kind in IMPORT_KINDS}
PERMITTED = {at: records(schema) for at, schema in SCHEMAS.items()}
PUBLISHED = {kind: Draft202012Validator(SCHEMAS["import", kind]) for kind in IMPORT_KINDS}
EXAMPLES: dict[str, dict[str, Any]] = {kind: model.example for kind, model in MOBILE.items()}  # type: ignore[attr-defined]  # tests/contracts
DEVICE = Device("PL1", is_revoked=False, db_epoch=None)


@pytest.mark.parametrize("kind", IMPORT_KINDS)
@some
@given(data=st.data())
def test_what_the_schema_of_uploads_permits_is_read(kind: str, data: st.DataObject) -> None:
    upload = MOBILE[kind].model_validate_json(orjson.dumps(data.draw(PERMITTED["mobile", kind])))
    assert upload.kind == kind


@pytest.mark.parametrize("kind", IMPORT_KINDS)
@some
@given(data=st.data())
def test_a_record_to_write_is_read_as_it_was_written(kind: str, data: st.DataObject) -> None:
    record = IMPORTS[kind].model_validate_json(orjson.dumps(data.draw(PERMITTED["import", kind])))
    value = record.written()
    PUBLISHED[kind].validate(value)
    again = IMPORTS[kind].model_validate_json(orjson.dumps(value))
    assert again.written() == value


@pytest.mark.parametrize("kind", IMPORT_KINDS)
@some
@given(data=st.data())
def test_an_upload_is_written_or_refused_with_a_code(kind: str, data: st.DataObject) -> None:
    drawn = data.draw(PERMITTED["mobile", kind])
    expect_one_outcome(kind, drawn | {"channel": "PL1", "client": "device", "device_id": "d-7", "db_epoch": drawn["source_id"]})


@pytest.mark.parametrize("kind", IMPORT_KINDS)
@some
@given(data=st.data())
def test_one_wrong_field_is_refused_with_a_code_or_does_no_harm(kind: str, data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(sorted(MOBILE[kind].model_fields)))
    expect_one_outcome(kind, EXAMPLES[kind] | {field: data.draw(JSON)})


@pytest.mark.parametrize("value", [-(2**63) - 1, 2**64, [1, {"more": 10**40}]])
def test_a_number_that_no_reader_holds_is_refused_by_its_field(value: Any) -> None:
    """Also where a device's word changes nothing: CEE's own fields may hold anything else."""
    upload = EXAMPLES["partners"] | {"attributes": value}
    expect_one_outcome("partners", upload)
    sent = Sent(str(upload["source_id"]).encode(), json.dumps(upload).encode(), headers("device/d-7"))
    refused = judge(CHANNEL, "partners", sent, DEVICE).refused
    assert refused is not None
    assert (refused.code, refused.params["field"]) == ("field_invalid", "attributes")


@some
@given(kind=st.sampled_from(IMPORT_KINDS), key=st.text(ANY_TEXT), value=st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_stop_the_importer(kind: str, key: str, value: bytes) -> None:
    expect_one_verdict(kind, Sent(key.encode(), value, headers("device/d-7")))


def headers(sender: str) -> list[tuple[str, bytes]]:
    return [("ce_id", b"u"), ("ce_contenthash", b"h"), ("ce_sender", sender.encode())]


def expect_one_outcome(kind: str, upload: dict[str, Any]) -> None:
    sender = f"device/{upload.get('device_id')}" if upload.get("client") == "device" else f"management/{upload.get('client_id')}"
    expect_one_verdict(kind, Sent(str(upload.get("source_id")).lower().encode(), json.dumps(upload).encode(), headers(sender)))


def expect_one_verdict(kind: str, upload: Sent) -> None:
    verdict = judge(CHANNEL, kind, upload, DEVICE if upload.device_id else None)
    if verdict.refused is None:
        value = orjson.loads(verdict.value or b"")
        PUBLISHED[kind].validate(value)
        assert IMPORTS[kind].model_validate_json(verdict.value or b"").written() == value
        assert "\0" not in str(value)
        return
    assert verdict.refused.outcome == "rejected"
    assert verdict.refused.params.get("field") != kind, f"unforeseen: {verdict.refused}"
    assert CODES[verdict.refused.code].outcome in ("content", "rejected")
    assert "?" not in text(verdict.refused.code, "en", dict.fromkeys(verdict.refused.params, "x"))
    assert len(orjson.dumps(verdict.refused.params)) < 2000
    assert b"\\u0000" not in orjson.dumps(verdict.refused.params)
