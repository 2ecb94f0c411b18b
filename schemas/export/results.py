"""What became of an upload (domain.md 4), on `results.<ch>`: interim answers while it waits, one final answer at the end.

Written by the writer, read by the feed; the sender receives it like any row of the feed. One row a key: each answer of a
key replaces the one before (`attempt` rises). Empty fields are left out.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import orjson
from pydantic import Field

from schemas.channel import ID_PATTERN
from schemas.codes import text
from schemas.envelope import Contract, Headers, encode
from schemas.fields import Flag, Int64, Moment, Position, Text20, Text40, Text60, Text512, Uuid

KIND: Literal["results"] = "results"

Outcome = Literal["imported", "unchanged", "waiting", "rejected", "conflict", "quarantined"]


class Messages(Contract):
    """One code as users read it."""

    pl: str
    de: str
    en: str


class Warned(Contract):
    """A remark on an upload that was done all the same."""

    code: Text60
    params: dict[str, Any] | None = None
    messages: Messages


class ImportResult(Contract):
    """An answer. `sender` is `device/<id>` or `management/<id>`; `at` is when CEE's database decided it."""

    channel: Annotated[str, Field(pattern=ID_PATTERN)]
    kind: Literal["results"] = KIND
    key: Text512
    op: Literal["upsert"] = "upsert"
    sender: Annotated[str, Field(pattern=r"^(device|management)/.+$", max_length=300)]
    upload_kind: Literal["partners", "documents", "attachments", "visits"]
    source_id: Uuid
    revision: Position
    upload_id: Uuid
    attempt: Position
    final: Flag
    outcome: Outcome
    code: Text60 | None = None
    params: dict[str, Any] | None = None
    messages: Messages | None = None
    warnings: tuple[Warned, ...] | None = None
    number: Text40 | None = None
    mobile_number: Text40 | None = None
    status: Text20 | None = None
    version: Int64 | None = None
    at: Moment


def key_of(sender: str, source_id: str, revision: int) -> str:
    """The key on `results.<ch>` and in the feed; `source_id` in lower case."""
    return f"{sender}/{source_id}/{revision}"


def messages(code: str, params: dict[str, Any]) -> Messages:
    """The texts of a code with its params filled in."""
    return Messages(pl=text(code, "pl", params), de=text(code, "de", params), en=text(code, "en", params))


def written(result: ImportResult) -> tuple[bytes, str]:
    """(value bytes with its hash inside, content hash): absent when empty."""
    return encode(result.model_dump(mode="json", exclude_none=True))


def result_headers(result: ImportResult, digest: str, received: str) -> Headers:
    """Headers beside `written`; `received` is when the upload arrived at the gateway (its `ce_time`)."""
    return [
        ("ce_specversion", b"1.0"),
        ("content-type", b"application/json"),
        ("ce_id", f"{result.upload_id}@{result.attempt}".encode()),
        ("ce_source", b"/ceebus/writer"),
        ("ce_type", b"ceebus.results.v1"),
        ("ce_time", received.encode()),
        ("ce_op", b"upsert"),
        ("ce_objectversion", b"%d" % result.attempt),
        ("ce_contenthash", digest.encode()),
        ("ce_audience", orjson.dumps([result.sender])),
    ]
