"""One record of cee.*: exactly one outcome. A payload, a removal, or an entry on outcomes.<ch>; remarks come besides.

Called by the exporter's lane for each record; knows no Kafka, no SQL and no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
from pydantic import ValidationError

from schemas.cee.registry import CEE
from schemas.channel import Channel
from schemas.codes import CODES
from schemas.envelope import RECORD_LIMIT, CeeChange, Headers, Problem, encode
from schemas.export.registry import EXPORT
from services.exporter.kinds.registry import HANDLERS
from services.exporter.refusal import refusal_of
from services.exporter.removal import audience_of, deactivated
from services.kernel.guard import Deactivate, Outcome, Refused, Remark, Warned

Fields = dict[str, Any]

ERROR_SHOWN = 200  # characters


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
    """Never raises: what a handler did not foresee waits as `delivery_failed` with the error's name, and is tried again."""
    try:
        if value is None:
            return _removal(channel.id, kind, key, {})
        if len(value) > RECORD_LIMIT:
            return _too_large(channel, kind, key, value)
        return _judge(channel, kind, key, value)
    except Refused as refused:
        return Verdict(refused=refused)
    except Exception as error:  # a bug in one handler must not stop the other keys
        return Verdict(refused=Refused("waiting", "delivery_failed", error=f"{type(error).__name__}: {error}"[:ERROR_SHOWN]))


def _too_large(channel: Channel, kind: str, key: bytes, value: bytes) -> Verdict:
    """What left needs its key and its stub only, however long the rest of it is."""
    body = _loose(value)
    if body.get("member") is False:
        return _removal(channel.id, kind, key, body)
    raise Refused("quarantined", "record_too_large", size=len(value), limit=RECORD_LIMIT)


def _judge(channel: Channel, kind: str, key: bytes, value: bytes) -> Verdict:
    try:
        change = CEE[kind].validate_json(value)
    except ValidationError as error:
        body = _loose(value)
        if body.get("member") is False:
            return _removal(channel.id, kind, key, body)  # what left goes, however wrong its other fields are
        raise refusal_of(error) from error
    if change.stub or not change.member:
        return _removal(channel.id, kind, key, _loose(value))
    _check_address(change, kind, key, channel)
    remarks = _found(change.problems) if change.problems else ()
    answer = HANDLERS[kind](change, channel)
    if isinstance(answer, Deactivate):
        return _removal(channel.id, kind, key, _loose(value))
    if isinstance(answer, Warned):
        answer, remarks = answer.payload, (*remarks, *answer.remarks)
    fields = answer.model_dump(mode="json", exclude_none=True)
    encoded, digest = encode(fields)
    return Verdict("upsert", encoded, digest, _audience(change), None, remarks)


def _check_address(change: CeeChange, kind: str, key: bytes, channel: Channel) -> None:
    """A record belongs to the topic and the key it came with, and its key is the one that its fields make (domain.md 5)."""
    if change.channel != channel.id:
        raise Refused("rejected", "channel_unknown", value=change.channel[:100])
    if change.kind != kind:
        raise Refused("rejected", "kind_unknown", value=change.kind[:100])
    if change.key != change.own_key() or change.key.encode() != key:
        raise Refused("quarantined", "field_invalid", field="key", value=change.key[:100])


def _found(problems: Sequence[Problem]) -> tuple[Remark, ...]:
    """What CEE's view or the blob step found: remarks, unless it keeps the record from going."""
    remarks: list[Remark] = []
    for problem in problems:
        code = CODES.get(problem.code)
        outcome = cast(Outcome, code.on_export) if code else "quarantined"
        if outcome != "warning":
            raise Refused(outcome, problem.code, **problem.params)
        remarks.append(Remark(problem.code, problem.params))
    return tuple(remarks)


def _audience(change: Any) -> Sequence[str] | None:
    recipients: Sequence[str] | None = change.__dict__.get("recipients")  # getattr of a missing field is slow in pydantic
    return change.audience if recipients is None else recipients


def _loose(value: bytes) -> Fields:
    try:
        body = orjson.loads(value)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _removal(channel: str, kind: str, key: bytes, body: Fields) -> Verdict:
    """Deactivated objects keep their stub fields, the others leave a tombstone (domain.md 7.3)."""
    audience = audience_of(body)
    if EXPORT[kind].leaves == "delete":
        return Verdict("delete", None, "", audience)
    encoded, digest = encode(deactivated(channel, kind, key.decode(errors="replace"), body))
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


_CARRIED = frozenset({"ce_source", "ce_objectversion", "ce_time", "ce_runid", "ce_force", "traceparent"})
