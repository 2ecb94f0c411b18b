"""A good upload of each kind, and what the importer makes of it with other fields. Used by the tests beside it."""

from __future__ import annotations

from typing import Any

import orjson

from schemas.channel import Channel
from schemas.mobile.registry import MOBILE
from services.importer.devices import Device
from services.importer.judge import Sent, Verdict, judge
from tests.contracts.test_golden import CHANNEL as SETTINGS

CHANNEL = Channel.model_validate(SETTINGS)
EPOCH = "c7a9a0c2-53c4-4a4b-b0f7-6f3a4d7c9e10"
DEVICE = Device(CHANNEL.id, is_revoked=False, db_epoch=EPOCH)
AS_DEVICE = {"client": "device", "client_id": None, "device_id": "d-7", "db_epoch": EPOCH}
AS_MANAGEMENT = {"client": "management", "client_id": "c-1", "device_id": None, "db_epoch": None}


def good(kind: str) -> dict[str, Any]:
    example: dict[str, Any] = MOBILE[kind].example  # type: ignore[attr-defined]  # each kind has one: tests/contracts
    return example | AS_DEVICE


def sent(upload: dict[str, Any]) -> Sent:
    """As the gateway stores it."""
    sender = f"management/{upload['client_id']}" if upload["client"] == "management" else f"device/{upload['device_id']}"
    headers = [("ce_id", b"u"), ("ce_contenthash", b"h"), ("ce_sender", sender.encode())]
    return Sent(str(upload["source_id"]).lower().encode(), orjson.dumps(upload), headers)


def judged(kind: str, device: Device | None = DEVICE, channel: Channel = CHANNEL, **changed: Any) -> Verdict:
    upload = good(kind) | changed
    return judge(channel, kind, sent(upload), device if upload["client"] == "device" else None)


def written(kind: str, channel: Channel = CHANNEL, **changed: Any) -> dict[str, Any]:
    """The value on import.*."""
    verdict = judged(kind, channel=channel, **changed)
    assert verdict.refused is None, verdict.refused
    value: dict[str, Any] = orjson.loads(verdict.value or b"")
    return value


def refusal(kind: str, **changed: Any) -> tuple[str, dict[str, Any]]:
    """(code, params)"""
    refused = judged(kind, **changed).refused
    assert refused is not None
    return refused.code, refused.params
