"""One line of a push: a record for `mobile.<ch>.<kind>`, or a verdict that says why not. Pure; called by routes/push.py.

Refused here is only what could not be kept and answered later: whatever else is wrong with an upload, the importer and the writer
say in its answer. Channel, client, device and database are stamped over what the record says of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import orjson

from schemas import topics
from schemas.defect import shortened
from schemas.envelope import RECORD_LIMIT, Headers
from schemas.export.results import messages
from schemas.mobile.envelope import upload_hash, upload_id
from services.gateway.senders import Sender
from services.kernel.guard import Refused
from services.kernel.kafka import Outgoing, partition_for
from services.kernel.ndjson import Line

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HIGHEST = 2**31 - 1
_TRACE = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True, slots=True)
class Push:
    """Whose request it is: `epoch` of a device's database, `at` the time it came, `trace` its traceparent."""

    sender: Sender
    epoch: str | None
    at: str
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict as the sender gets it; `record` is None where it was refused. `kind`: "" where the line names none."""

    verdict: dict[str, Any]
    kind: str
    record: Outgoing | None = None


def judge(push: Push, line: Line) -> Judged:
    """Never raises."""
    said: dict[str, Any] = {"line": line.number, "source_id": None, "kind": None, "revision": None}
    try:
        body = _object(line)
        said |= {name: body[name] for name, shape in _NAMED.items() if isinstance(body.get(name), shape)}
        record, identity = _record(push, body)
    except Refused as refused:
        texts = messages(refused.code, refused.params).model_dump()
        answer = {"status": "rejected", "code": refused.code, "params": refused.params, "messages": texts}
        return Judged(said | answer, said["kind"] if said["kind"] in topics.IMPORT_KINDS else "")
    return Judged(said | {"status": "accepted", "upload_id": identity}, said["kind"], record)


_NAMED: dict[str, type] = {"source_id": str, "kind": str, "revision": int}


def _object(line: Line) -> dict[str, Any]:
    if line.size > RECORD_LIMIT:
        raise _too_large(line.size)
    try:
        body = orjson.loads(line.text)
    except orjson.JSONDecodeError:
        raise Refused("rejected", "malformed") from None
    if not isinstance(body, dict):
        raise Refused("rejected", "malformed")
    return body


def _record(push: Push, body: dict[str, Any]) -> tuple[Outgoing, str]:
    """The stamped record and the upload's id: what says who sent it is never the record itself."""
    sender, kind = push.sender, _kind(body)
    source_id, revision = _source_id(body), _revision(body)
    if body.get("channel", sender.channel) != sender.channel:
        raise Refused("rejected", "channel_unknown", value=shortened(body["channel"]))
    if sender.rep is not None and body.get("rep", sender.rep) != sender.rep:
        raise Refused("rejected", "field_invalid", field="rep", value=shortened(body["rep"]))
    stamp: dict[str, Any] = {"channel": sender.channel, "source_id": source_id, "client": "device" if sender.device else "management"}
    if sender.device:
        stamp |= {"rep": sender.rep, "device_id": sender.device, "db_epoch": push.epoch}
    else:
        stamp["client_id"] = sender.client
    stamped = {name: part for name, part in body.items() if name not in _STAMPED} | stamp
    value = orjson.dumps(stamped)
    if len(value) > RECORD_LIMIT:
        raise _too_large(len(value))
    digest = upload_hash(stamped)
    identity = upload_id(sender.channel, source_id, revision, digest)
    key = source_id.encode()
    headers = _headers(push, kind, identity, digest)
    return Outgoing(topics.mobile(sender.channel, kind), partition_for(key, topics.IMPORT_PARTITIONS), key, value, headers), identity


_STAMPED = frozenset({"channel", "source_id", "client", "device_id", "client_id", "db_epoch"})


def _kind(body: dict[str, Any]) -> str:
    kind = body.get("kind")
    if kind is None:
        raise Refused("rejected", "field_missing", field="kind")
    if kind not in topics.IMPORT_KINDS:
        raise Refused("rejected", "kind_unknown", value=shortened(kind))
    return str(kind)


def _source_id(body: dict[str, Any]) -> str:
    given = body.get("source_id")
    if given is None:
        raise Refused("rejected", "field_missing", field="source_id")
    if not isinstance(given, str) or not _UUID.fullmatch(given):
        raise Refused("rejected", "field_invalid", field="source_id", value=shortened(given))
    return given.lower()


def _revision(body: dict[str, Any]) -> int:
    given = body.get("revision")
    if given is None:
        raise Refused("rejected", "field_missing", field="revision")
    if not isinstance(given, int) or isinstance(given, bool) or not 1 <= given <= _HIGHEST:
        raise Refused("rejected", "field_invalid", field="revision", value=shortened(given))
    return given


def _too_large(size: int) -> Refused:
    return Refused("rejected", "record_too_large", size=size, limit=RECORD_LIMIT)


def _headers(push: Push, kind: str, identity: str, digest: str) -> Headers:
    sender = push.sender.name.encode()
    found: Headers = [
        ("ce_specversion", b"1.0"),
        ("content-type", b"application/json"),
        ("ce_id", identity.encode()),
        ("ce_source", b"/" + sender),
        ("ce_type", b"ceebus.mobile.%s.v1" % kind.encode()),
        ("ce_time", push.at.encode()),
        ("ce_sender", sender),
        ("ce_contenthash", digest.encode()),
    ]
    if push.trace is not None and _TRACE.fullmatch(push.trace):
        found.append(("traceparent", push.trace.encode()))
    return found
