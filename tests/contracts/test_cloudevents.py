"""Our headers are CloudEvents 1.0 in Kafka's binary mode, as the CloudEvents SDK reads them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from cloudevents.core.exceptions import CloudEventValidationError

from schemas.channel import Channel
from schemas.envelope import Headers, cee_headers, object_version
from schemas.topics import KINDS
from services.exporter.judge import Verdict, export_headers, judge
from tests.contracts.test_golden import CASES, CHANNEL, change_of, load

VERSION = object_version(1, 4711)
AT: Headers = [("ce_time", b"2026-03-02T10:15:00.000Z"), ("ce_channelversion", b"12")]


def read(headers: Headers, key: bytes, value: bytes | None) -> BaseCloudEvent:
    """As a subscriber would; no header may come twice, since the SDK takes a map."""
    assert len({name for name, _ in headers}) == len(headers)
    return from_binary_event(KafkaMessage(dict(headers), key, value or b""))


def record_of(kind: str) -> tuple[dict[str, Any], Headers, Verdict]:
    """A record of the kind on cee.*, its headers, and what the exporter makes of it."""
    change = next(change_of(name) for name in CASES if name.startswith(f"{kind}/") and (load(name).get("sent") or {}).get("op") == "upsert")
    headers = cee_headers(kind, change["key"], VERSION, b"/cee/main", AT)
    return change, headers, judge(Channel.model_validate(CHANNEL), kind, change["key"].encode(), json.dumps(change).encode())


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_is_a_cloud_event(kind: str) -> None:
    change, headers, _ = record_of(kind)
    event = read(headers, change["key"].encode(), json.dumps(change).encode())
    assert event.get_type() == f"ceebus.cee.{kind}.v1"
    assert event.get_source() == "/cee/main"
    assert event.get_id() == f"{kind}/{change['key']}@{VERSION}"
    assert event.get_time() == datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
    assert event.get_extension("objectversion") == str(VERSION)
    assert event.get_data() == change


@pytest.mark.parametrize("kind", KINDS)
def test_a_payload_is_a_cloud_event(kind: str) -> None:
    change, headers, verdict = record_of(kind)
    event = read(export_headers(kind, headers, verdict), change["key"].encode(), verdict.value)
    assert event.get_type() == f"ceebus.export.{kind}.v1"
    assert event.get_source() == "/cee/main"
    assert event.get_id() == f"{kind}/{change['key']}@{VERSION}/export"
    assert event.get_time() == datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
    assert event.get_extension("op") == verdict.op == "upsert"
    assert event.get_extension("contenthash") == verdict.hash
    data = event.get_data()
    assert isinstance(data, dict)
    assert data["content_hash"] == verdict.hash


def test_the_audience_is_a_list_in_a_header() -> None:
    headers = export_headers("partners", cee_headers("partners", "K", 1, b"/cee/main"), Verdict("upsert", b"{}", "0" * 64, ["R1", "Ż2"]))
    assert json.loads(read(headers, b"K", b"{}").get_extension("audience")) == ["R1", "Ż2"]
    everybody = export_headers("partners", [], Verdict("upsert", b"{}", "0" * 64))
    assert "ce_audience" not in dict(everybody)


def test_a_tombstone_keeps_its_headers() -> None:
    channel = Channel.model_validate(CHANNEL)
    gone = judge(channel, "availability", b"A/W1/FIRMA", None)
    headers = export_headers("availability", cee_headers("availability", "A/W1/FIRMA", VERSION, b"/cee/main", AT), gone)
    event = read(headers, b"A/W1/FIRMA", gone.value)
    assert gone.value is None
    assert event.get_extension("op") == "delete"
    assert "ce_contenthash" not in dict(headers)


@pytest.mark.parametrize("name", ["ce_source", "ce_type"])
def test_the_sdk_misses_what_is_left_out(name: str) -> None:
    headers = [pair for pair in cee_headers("partners", "K", 1, b"/cee/main") if pair[0] != name]
    with pytest.raises(CloudEventValidationError):
        read(headers, b"K", b"{}")
