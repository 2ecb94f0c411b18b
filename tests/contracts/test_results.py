"""An answer on results.<ch>: its published schema is current, and what the writer makes fits it."""

from __future__ import annotations

import orjson
from jsonschema import Draft202012Validator

from schemas import publish
from schemas.compatibility import breaks
from schemas.envelope import header
from schemas.export.results import KIND, ImportResult, Warned, key_of, messages, result_headers, written

SENDER, SOURCE, UPLOAD = "device/D-1", "7d1f6f3e-5b7a-4f46-9a53-0a55c5a3f0f1", "0d2bb2ce-6de2-5a8e-9d57-3b7e3a9b8c11"


def _answer() -> ImportResult:
    params = {"field": "tax_id"}
    return ImportResult(
        channel="PL1",
        key=key_of(SENDER, SOURCE, 1),
        sender=SENDER,
        upload_kind="partners",
        source_id=SOURCE,
        revision=1,
        upload_id=UPLOAD,
        attempt=2,
        final=True,
        outcome="imported",
        warnings=(Warned(code="field_read_only", params=params, messages=messages("field_read_only", params)),),
        number="20001",
        at="2026-05-04T10:00:00.000Z",
    )


def test_the_committed_schema_of_results_is_what_the_model_states() -> None:
    before, now = publish.agreed("export", KIND), publish.results_schema()
    assert before is not None, "run make schemas"
    assert breaks(before, now, "export") == []
    assert before == now, "run make schemas"


def test_an_answer_fits_its_schema_and_leaves_empty_fields_out() -> None:
    value, digest = written(_answer())
    body = orjson.loads(value)
    Draft202012Validator(publish.results_schema()).validate(body)
    assert body["content_hash"] == digest
    assert {"code", "params", "messages", "mobile_number", "status", "version"}.isdisjoint(body)
    assert "tax_id" in body["warnings"][0]["messages"]["pl"]


def test_an_answer_is_for_its_sender_and_ordered_by_its_attempt() -> None:
    headers = result_headers(_answer(), "0" * 64, "2026-05-04T09:59:59.500Z")
    assert header(headers, "ce_objectversion") == b"2"
    assert orjson.loads(header(headers, "ce_audience") or b"") == [SENDER]
    assert header(headers, "ce_time") == b"2026-05-04T09:59:59.500Z"
