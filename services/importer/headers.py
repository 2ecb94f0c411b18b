"""Headers on import.*: id, sender, content hash and time of the upload go on, nothing of it changes by being passed on.

A refusal says why in headers of its own; its value is the upload as it came.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from schemas.envelope import Headers
from services.importer.judge import Verdict

CARRIED = frozenset({"ce_id", "ce_source", "ce_time", "ce_sender", "ce_contenthash", "ce_runid", "ce_force", "traceparent"})


def import_headers(kind: str, incoming: Sequence[tuple[str, bytes]], verdict: Verdict) -> Headers:
    """`incoming`: the headers on mobile.*."""
    headers: Headers = [
        ("ce_specversion", b"1.0"),
        ("content-type", b"application/json"),
        ("ce_type", b"ceebus.import.%s.v1" % kind.encode()),
        *[(name, value) for name, value in incoming if name in CARRIED],
    ]
    if verdict.device_state:
        headers.append(("ce_devicestate", verdict.device_state.encode()))
    if verdict.refused:
        headers.append(("ce_outcome", verdict.refused.outcome.encode()))
        headers.append(("ce_code", verdict.refused.code.encode()))
        headers.append(("ce_params", orjson.dumps(verdict.refused.params, default=str)))
    return headers


def origin_headers(topic: str, partition: int, offset: int) -> Headers:
    """Where a refused upload lies, in the words of Kafka Connect."""
    return [
        ("__connect.errors.topic", topic.encode()),
        ("__connect.errors.partition", b"%d" % partition),
        ("__connect.errors.offset", b"%d" % offset),
        ("__connect.errors.stage", b"importer"),
    ]
