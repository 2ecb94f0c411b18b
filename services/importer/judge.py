"""One record of mobile.*: a record to write, or a verdict that says why not. The rules that need nothing but the record itself.

Called by the importer's lane for each record; knows no Kafka, no SQL and no clock. What needs a second row is the writer's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from pydantic import ValidationError

from schemas.channel import Channel
from schemas.defect import shortened
from schemas.envelope import RECORD_LIMIT, header
from schemas.mobile.envelope import Upload, device_sender, management_sender
from schemas.mobile.registry import MOBILE
from services.importer.devices import Device
from services.importer.kinds.registry import HANDLERS
from services.importer.refusal import refusal_of
from services.kernel.guard import Refused

REQUIRED = ("ce_id", "ce_sender", "ce_contenthash")  # the gateway's: without them nobody could be answered
MANAGED = frozenset({"visits", "partners"})
DEVICE = "device/"


@dataclass(frozen=True, slots=True)
class Sent:
    """A record as it lies in the topic."""

    key: bytes
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]

    @property
    def device_id(self) -> str | None:
        """The device that sent it; None when no device did."""
        sender = (header(self.headers, "ce_sender") or b"").decode(errors="replace").replace("\0", "\ufffd")
        return sender.removeprefix(DEVICE) if sender.startswith(DEVICE) else None


@dataclass(slots=True)
class Verdict:
    """What becomes of an upload: `value` to be written, or `refused`. `device_state`: of which of its databases it is."""

    value: bytes | None = None
    device_state: Literal["ok", "foreign_epoch"] | None = None
    refused: Refused | None = None


def judge(channel: Channel, kind: str, sent: Sent, device: Device | None) -> Verdict:
    """Never raises: what a handler did not foresee is refused as `field_invalid` with the error's name."""
    try:
        return _judge(channel, kind, sent, device)
    except Refused as refused:
        return Verdict(refused=refused)
    except Exception as error:  # a bug in one handler must not stop the other uploads
        return Verdict(refused=Refused("rejected", "field_invalid", field=kind, value=f"{type(error).__name__}: {error}"[:100]))


def _judge(channel: Channel, kind: str, sent: Sent, device: Device | None) -> Verdict:
    for name in REQUIRED:
        if not header(sent.headers, name):
            raise Refused("rejected", "field_missing", field=name)
    if sent.device_id is not None and (device is None or device.is_revoked or device.channel != channel.id):
        raise Refused("rejected", "device_revoked", device=sent.device_id)
    upload = _decoded(kind, sent.value)
    _check_address(upload, channel.id, kind, sent.key)
    _check_sender(upload, sent)
    _check_client(upload)
    record = HANDLERS[kind](upload, channel)
    return Verdict(_bytes(record.written(), upload), _state(upload, device))


def _bytes(written: dict[str, Any], upload: Upload) -> bytes:
    """JSON that every reader understands alike. Raises Refused for whole numbers of more than 64 bits, which our readers do not."""
    try:
        return orjson.dumps(written)
    except TypeError:
        for field, value in upload.model_dump(mode="json").items():
            try:
                orjson.dumps(value)
            except TypeError:
                raise Refused("rejected", "field_invalid", field=field, value=shortened(str(value))) from None
        raise


def _decoded(kind: str, value: bytes | None) -> Upload:
    if value is None:
        raise Refused("rejected", "malformed")
    if len(value) > RECORD_LIMIT:
        raise Refused("rejected", "record_too_large", size=len(value), limit=RECORD_LIMIT)
    if b"\\u0000" in value:
        _refuse_nul(value)
    try:
        return MOBILE[kind].model_validate_json(value)
    except ValidationError as error:
        raise refusal_of(error) from error


def _refuse_nul(value: bytes) -> None:
    """No database can hold a text with it. Looked for only where the JSON may have one: it cannot stand there unescaped."""
    try:
        found = _nul("", orjson.loads(value))
    except orjson.JSONDecodeError:
        raise Refused("rejected", "malformed") from None
    if found:
        path, text = found
        raise Refused("rejected", "field_invalid", field=path[:100], value=shortened(text.replace("\0", "\ufffd")))


def _nul(path: str, part: Any) -> tuple[str, str] | None:
    """Where a NUL stands, in a text or in a name, and the text it stands in."""
    inner: list[tuple[str, Any]] = []
    if isinstance(part, str):
        return (path, part) if "\0" in part else None
    if isinstance(part, dict):
        for name, value in part.items():
            if "\0" in name:
                return (path, name)
            inner.append((f"{path}.{name}" if path else name, value))
    elif isinstance(part, list):
        inner = [(f"{path}[{place}]", value) for place, value in enumerate(part)]
    return next((found for where, value in inner if (found := _nul(where, value))), None)


def _check_address(upload: Upload, channel: str, kind: str, key: bytes) -> None:
    """An upload belongs to the topic and the key it came with."""
    if upload.channel != channel:
        raise Refused("rejected", "channel_unknown", value=upload.channel[:100])
    if upload.kind != kind:
        raise Refused("rejected", "kind_unknown", value=upload.kind[:100])
    if upload.source_id.encode() != key:
        raise Refused("rejected", "field_invalid", field="source_id", value=upload.source_id)


def _check_sender(upload: Upload, sent: Sent) -> None:
    """Who the token was given to is who the record says."""
    field = "device_id" if upload.client == "device" else "client_id"
    stated = upload.device_id if upload.client == "device" else upload.client_id
    if stated is None:
        raise Refused("rejected", "field_missing", field=field)
    sender = device_sender(stated) if upload.client == "device" else management_sender(stated)
    if sender.encode() != header(sent.headers, "ce_sender"):
        raise Refused("rejected", "field_invalid", field=field, value=stated)
    if upload.client == "device" and upload.db_epoch is None:
        raise Refused("rejected", "field_missing", field="db_epoch")


def _check_client(upload: Upload) -> None:
    """Only partners can be deleted; managers plan visits and enter leads (domain.md 4)."""
    if upload.op == "delete" and upload.kind != "partners":
        raise Refused("rejected", "field_invalid", field="op", value="delete")
    if upload.client == "device":
        return
    if upload.kind not in MANAGED:
        raise Refused("rejected", "field_invalid", field="kind", value=upload.kind)
    if upload.kind == "partners" and upload.__dict__["role"] != "prospect":
        raise Refused("rejected", "field_invalid", field="role", value=str(upload.__dict__["role"] or ""))


def _state(upload: Upload, device: Device | None) -> Literal["ok", "foreign_epoch"] | None:
    """Management has no guard; a device without a registered epoch has nothing that could be overwritten."""
    if device is None:
        return None
    return "ok" if device.db_epoch in (None, upload.db_epoch) else "foreign_epoch"
