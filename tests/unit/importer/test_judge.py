"""What holds for uploads of every kind: who sent them, from which database, and that nothing stops the importer."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from schemas.envelope import RECORD_LIMIT
from schemas.mobile.envelope import UNHASHED, upload_hash, upload_id
from schemas.topics import IMPORT_KINDS
from services.importer.devices import Device
from services.importer.headers import import_headers
from services.importer.judge import Sent, judge
from services.importer.kinds.registry import HANDLERS
from tests.unit.importer.judging import AS_MANAGEMENT, CHANNEL, DEVICE, EPOCH, good, judged, refusal, sent, written

OTHER = "0f9a0c2e-53c4-4a4b-b0f7-6f3a4d7c9e11"


@pytest.mark.parametrize("kind", IMPORT_KINDS)
def test_a_good_upload_goes_on_under_its_id_and_revision(kind: str) -> None:
    value = written(kind, revision=3)
    assert (value["source_id"], value["revision"], value["kind"], value["rep"]) == (good(kind)["source_id"], 3, kind, "R1")


@pytest.mark.parametrize(
    ("device", "state"),
    [
        (DEVICE, "ok"),
        (Device(CHANNEL.id, is_revoked=False, db_epoch=None), "ok"),
        (Device(CHANNEL.id, is_revoked=False, db_epoch=OTHER), "foreign_epoch"),
    ],
)
def test_the_epoch_says_from_which_database_of_the_device_it_comes(device: Device, state: str) -> None:
    assert judged("documents", device).device_state == state


def test_an_epoch_in_capitals_is_the_same_epoch() -> None:
    assert judged("documents", db_epoch=EPOCH.upper()).device_state == "ok"


def test_management_has_no_device_guard() -> None:
    assert judged("visits", **AS_MANAGEMENT).device_state is None


@pytest.mark.parametrize(
    "device", [None, Device(CHANNEL.id, is_revoked=True, db_epoch=EPOCH), Device("XX", is_revoked=False, db_epoch=EPOCH)]
)
def test_a_device_that_may_not_speak_is_refused_before_anything_is_read(device: Device | None) -> None:
    broken = Sent(b"K", b"{", sent(good("documents")).headers)
    refused = judge(CHANNEL, "documents", broken, device).refused
    assert refused is not None
    assert (refused.outcome, refused.code, refused.params) == ("rejected", "device_revoked", {"device": "d-7"})


@pytest.mark.parametrize("kind", ["documents", "attachments"])
def test_management_sends_visits_and_leads_only(kind: str) -> None:
    assert refusal(kind, **AS_MANAGEMENT) == ("field_invalid", {"field": "kind", "value": kind})


@pytest.mark.parametrize("kind", ["documents", "attachments", "visits"])
def test_only_partners_can_be_deleted(kind: str) -> None:
    assert refusal(kind, op="delete") == ("field_invalid", {"field": "op", "value": "delete"})


def test_a_record_of_exactly_the_limit_goes_and_one_more_byte_does_not() -> None:
    room = RECORD_LIMIT - len(orjson.dumps(good("visits") | {"unknown": ""}))
    assert judged("visits", unknown="x" * room).refused is None
    assert refusal("visits", unknown="x" * (room + 1)) == ("record_too_large", {"size": RECORD_LIMIT + 1, "limit": RECORD_LIMIT})


@pytest.mark.parametrize("name", ["ce_id", "ce_sender", "ce_contenthash"])
def test_a_record_that_the_gateway_did_not_write_is_refused(name: str) -> None:
    upload = sent(good("visits"))
    stripped = Sent(upload.key, upload.value, [(found, value) for found, value in upload.headers if found != name])
    refused = judge(CHANNEL, "visits", stripped, DEVICE).refused
    assert refused is not None
    assert (refused.code, refused.params) == ("field_missing", {"field": name})


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"description": "a\0b"}, "description"),
        ({"base": {"x": [{"y": "\0"}]}}, "base.x[0].y"),
        ({"un\0known": 1}, ""),
    ],
)
def test_a_nul_is_named_wherever_it_stands(fields: dict[str, Any], path: str) -> None:
    code, params = refusal("visits", **fields)
    assert (code, params["field"]) == ("field_invalid", path)
    assert "\0" not in params["value"]


def test_a_text_that_only_looks_like_an_escaped_nul_goes() -> None:
    assert written("visits", description=r"\u0000")["description"] == r"\u0000"


@pytest.mark.parametrize("value", [b"", b"\xff", b"[]", b"null", b'"x"', b"{}", b"[" * 100_000, b'{"description": "\\u0000', b"\\u0000"])
def test_whatever_lies_in_the_topic_is_refused_with_a_code(value: bytes) -> None:
    upload = sent(good("visits"))
    refused = judge(CHANNEL, "visits", Sent(upload.key, value, upload.headers), DEVICE).refused
    assert refused is not None
    assert refused.code in ("malformed", "field_missing")


def test_a_fault_of_a_handler_is_rejected_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(upload: Any, channel: Any) -> Any:
        raise ZeroDivisionError("by design")

    monkeypatch.setitem(HANDLERS, "visits", broken)
    assert refusal("visits") == ("field_invalid", {"field": "visits", "value": "ZeroDivisionError: by design"})


def test_headers_of_the_upload_go_on_and_others_do_not() -> None:
    incoming = [("ce_id", b"i"), ("ce_sender", b"s"), ("ce_type", b"ceebus.mobile.visits.v1"), ("traceparent", b"t"), ("x", b"y")]
    headers = dict(import_headers("visits", incoming, judged("visits")))
    assert (headers["ce_id"], headers["ce_sender"], headers["traceparent"]) == (b"i", b"s", b"t")
    assert headers["ce_type"] == b"ceebus.import.visits.v1"
    assert headers["ce_devicestate"] == b"ok"
    assert "x" not in headers
    assert "ce_outcome" not in headers


def test_the_id_of_an_upload_is_that_of_its_content_whoever_sends_it() -> None:
    upload = good("documents")
    others = upload | dict.fromkeys(UNHASHED, "x")
    assert upload_hash(upload) == upload_hash(others)
    assert upload_hash(upload) == upload_hash(dict(reversed(upload.items())))
    assert upload_hash(upload) != upload_hash(upload | {"rep": "R2"})
    ids = {upload_id("PL1", source, revision, "h") for source in ("AB", "ab", "b") for revision in (1, 2)}
    assert len(ids) == 4
