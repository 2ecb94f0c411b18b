"""One record of cee.*: exactly one outcome. A payload, a removal, or an entry on outcomes.<ch>; remarks come besides.

Called by the exporter's lane for each record; knows no Kafka, no SQL and no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic import ValidationError

from schemas.cee.registry import CEE
from schemas.channel import Channel
from schemas.envelope import RECORD_LIMIT, Headers, encode
from schemas.export.registry import EXPORT
from services.exporter.kinds.registry import HANDLERS
from services.exporter.refusal import refusal_of
from services.kernel.guard import Deactivate, Outcome, Refused, Remark, Warned

Fields = dict[str, Any]
# outcomes of what CEE's view or the blob step found, where it is not quarantined (domain.md 8)
OUTCOMES: dict[str, Outcome] = {"category_not_released": "waiting", "content_missing": "waiting", "duplicate_attachment": "unchanged"}


@dataclass(slots=True)
class Verdict:
    """What becomes of a record: `value` None with op "delete" is a tombstone; `refused` set means nothing is sent."""

    op: str = ""
    value: bytes | None = None
    hash: str = ""
    audience: Sequence[str] | None = None
    refused: Refused | None = None
    remarks: tuple[Remark, ...] = field(default=())


def judge(channel: Channel, kind: str, key: bytes, value: bytes | None) -> Verdict:
    """Never raises: what a handler did not foresee is quarantined as `field_invalid` with the error's name."""
    try:
        if value is None:
            return _removal(channel.id, kind, {"key": key.decode(errors="replace")})
        if len(value) > RECORD_LIMIT:
            raise Refused("quarantined", "record_too_large", size=len(value), limit=RECORD_LIMIT)
        return _judge(channel, kind, value)
    except Refused as refused:
        return Verdict(refused=refused)
    except Exception as error:  # a bug in one handler must not stop the other keys
        return Verdict(refused=Refused("quarantined", "field_invalid", field=kind, value=f"{type(error).__name__}: {error}"[:100]))


def _judge(channel: Channel, kind: str, value: bytes) -> Verdict:
    try:
        change = CEE[kind].validate_json(value)
    except ValidationError as error:
        body = _loose(value)
        if body.get("member") is False and isinstance(body.get("key"), str):
            return _removal(channel.id, kind, body)  # what left goes, however wrong its other fields are
        raise refusal_of(error) from error
    if change.stub or not change.member:
        return _removal(channel.id, kind, _loose(value))
    if change.problems:
        problem = change.problems[0]
        raise Refused(OUTCOMES.get(problem.code, "quarantined"), problem.code, **problem.params)
    answer = HANDLERS[kind](change, channel)
    if isinstance(answer, Deactivate):
        return _removal(channel.id, kind, _loose(value))
    remarks: tuple[Remark, ...] = ()
    if isinstance(answer, Warned):
        answer, remarks = answer.payload, answer.remarks
    fields = answer.model_dump(mode="json", exclude_none=True)
    encoded, digest = encode(fields)
    return Verdict("upsert", encoded, digest, _audience(change), None, remarks)


def _audience(change: Any) -> Sequence[str] | None:
    recipients: Sequence[str] | None = change.__dict__.get("recipients")  # getattr of a missing field is slow in pydantic
    return change.audience if recipients is None else recipients


def _loose(value: bytes) -> Fields:
    try:
        body = orjson.loads(value)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _removal(channel: str, kind: str, body: Fields) -> Verdict:
    """Deactivated objects keep their stub fields, the others leave a tombstone (domain.md 7.3)."""
    contract = EXPORT[kind]
    audience = body.get("recipients", body.get("audience"))
    if contract.leaves == "delete":
        return Verdict("delete", None, "", audience)
    fields: Fields = {"channel": channel, "kind": kind, "key": body["key"], "op": "deactivate", "version": body.get("version", 0)}
    fields |= {name: body[name] for name in contract.stub if body.get(name) is not None}
    encoded, digest = encode(fields)
    return Verdict("deactivate", encoded, digest, audience)


def export_headers(kind: str, incoming: Sequence[tuple[str, bytes]], verdict: Verdict) -> Headers:
    """Headers on export.*: the cause's number, source and time go on; the id is the cause's with `/export`."""
    headers: Headers = [
        ("ce_specversion", b"1.0"),
        ("content-type", b"application/json"),
        ("ce_type", b"ceebus.export.%s.v1" % kind.encode()),
    ]
    for name, value in incoming:
        if name == "ce_id":
            headers.append((name, value + b"/export"))
        elif name in _CARRIED:
            headers.append((name, value))
    headers.append(("ce_op", verdict.op.encode()))
    if verdict.hash:
        headers.append(("ce_contenthash", verdict.hash.encode()))
    if verdict.audience is not None:
        headers.append(("ce_audience", orjson.dumps(verdict.audience)))
    return headers


_CARRIED = frozenset({"ce_source", "ce_objectversion", "ce_time", "ce_runid", "traceparent"})
