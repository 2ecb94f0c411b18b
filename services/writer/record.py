"""A record of `import.<ch>.<kind>` decoded: an upload that may be written, or a refusal that only wants to be answered.

Called by batch.py for what arrives and by release.py for what waits; knows no Kafka and no SQL.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast
from uuid import UUID, uuid5

import orjson
from pydantic import ValidationError

from schemas.defect import defect_of
from schemas.imports.registry import IMPORTS
from schemas.mobile.envelope import NAMESPACE
from services.kernel.postgres import Row
from services.kernel.run_headers import RUN, run_of
from services.writer.model import Upload

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CARRIED = ("ce_id", "ce_sender", "ce_contenthash", "ce_devicestate", "ce_time", "ce_runid")  # what a waiting upload is decoded with again
REVISION_LIMIT = 2**31 - 1


class Unanswerable(Exception):
    """Nobody can be told what became of it: the record does not say who sent what."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """What identifies an upload, whatever its content is like. `value` and `headers` as they came."""

    kind: str
    source_id: str
    revision: int
    upload_id: str
    sender: str
    received_at: datetime
    value: bytes
    headers: dict[str, str]

    @property
    def run(self) -> UUID | None:
        """The run that passed it."""
        stated = self.headers.get(RUN)
        return run_of({RUN: stated.encode()}) if stated is not None else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A refusal that stands already: by the importer, or because the value does not fit its contract."""

    arrived: Arrived
    code: str
    params: dict[str, Any]
    outcome: Literal["rejected", "conflict", "unchanged"] = "rejected"


@dataclass(frozen=True, slots=True)
class Accepted:
    """An upload to be judged, and what it was made of: that is what waits."""

    arrived: Arrived
    upload: Upload


def read(kind: str, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]], timestamp_ms: int) -> Accepted | Verdict:
    """Raises Unanswerable. `timestamp_ms`: the log's, where the record itself does not say when it came."""
    texts = {name: found.decode(errors="replace") for name, found in headers}
    arrived = _arrived(kind, key, value or b"", texts, timestamp_ms)
    if "ce_outcome" in texts:
        return Verdict(arrived, texts.get("ce_code", "malformed"), _params(texts.get("ce_params")), _outcome(texts["ce_outcome"]))
    return decode(arrived)


def decode(arrived: Arrived, **more: Any) -> Accepted | Verdict:
    """`more`: fields of Upload that are not in the record (`confirmed`, `attempts`)."""
    try:
        body = IMPORTS[arrived.kind].model_validate_json(arrived.value)
    except ValidationError as error:
        defect = defect_of(error)
        return Verdict(arrived, defect.code, defect.params)
    upload = Upload(
        kind=arrived.kind,
        source_id=arrived.source_id,
        revision=arrived.revision,
        op=body.op,
        client=body.client,
        sender=arrived.sender,
        rep=body.rep,
        device_state=arrived.headers.get("ce_devicestate"),
        upload_id=arrived.upload_id,
        content_hash=arrived.headers.get("ce_contenthash", ""),
        body=body,
        received_at=arrived.received_at,
        **more,
    )
    return Accepted(arrived, upload)


def waiting_headers(arrived: Arrived) -> dict[str, str]:
    return {name: arrived.headers[name] for name in CARRIED if name in arrived.headers}


def arrived_of(row: Row) -> Arrived:
    """What waits, as it arrived: a row of `ceebus.waiting`."""
    headers = row["headers"]
    return Arrived(
        row["kind"],
        str(row["source_id"]),
        row["revision"],
        str(row["upload_id"]),
        row["sender"],
        _moment(headers.get("ce_time"), row["at"]),
        row["value"],
        headers,
    )


def _arrived(kind: str, key: bytes | None, value: bytes, headers: dict[str, str], timestamp_ms: int) -> Arrived:
    source_id, sender = (key or b"").decode(errors="replace").lower(), headers.get("ce_sender")
    if not _UUID.fullmatch(source_id) or not sender or "\0" in sender:
        raise Unanswerable(f"source_id {source_id[:60]!r}, sender {sender!r}")
    upload_id = headers.get("ce_id", "").lower()
    if not _UUID.fullmatch(upload_id):
        upload_id = str(uuid5(NAMESPACE, f"{source_id}/{sender}/{timestamp_ms}"))
    received = _moment(headers.get("ce_time"), datetime.fromtimestamp(timestamp_ms / 1000, UTC))
    return Arrived(kind, source_id, _revision(value), upload_id, sender, received, value, headers)


def _revision(value: bytes) -> int:
    """Also of a value that fits no contract; 1 where there is none that could be answered."""
    try:
        revision = orjson.loads(value)["revision"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return 1
    return revision if type(revision) is int and 0 < revision <= REVISION_LIMIT else 1


def _moment(text: str | None, otherwise: datetime) -> datetime:
    try:
        return datetime.fromisoformat(text or "")
    except ValueError:
        return otherwise


def _params(text: str | None) -> dict[str, Any]:
    try:
        found = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _outcome(text: str) -> Literal["rejected", "conflict", "unchanged"]:
    """Whatever it says, nobody will look at it again: it is final."""
    return cast(Literal["conflict", "unchanged"], text) if text in ("conflict", "unchanged") else "rejected"
