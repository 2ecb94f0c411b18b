"""What control's API answers and takes about devices, due records and queues; its description is made from these."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

Row = TypeVar("Row")
# no control characters: PostgreSQL stores no NUL, and names are shown in tables
Printable = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$")]
Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]
Reason = Annotated[str | None, Field(max_length=500, pattern=r"^[^\x00]*$", description="why: kept in the audit")]
Reasoned = Annotated[str | None, Query(max_length=500, pattern=r"^[^\x00]*$", description="why: kept in the audit")]  # of a DELETE
Filter = Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")]
Language = Annotated[Literal["pl", "de", "en"], Query(description="of the texts")]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)  # a misspelt filter must not mean "all of them"


class Why(Body):
    """Why somebody does what the path says."""

    reason: Reason = None


class Page(BaseModel, Generic[Row]):
    """Rows of a list; `next` is the cursor of the following page."""

    items: list[Row]
    next: str | None = None


class Device(BaseModel):
    """A device and what of its channel's feed it has in use."""

    id: str
    channel: str
    rep: str
    name: str | None
    state: Literal["enrolled", "active", "revoked"]
    enrolled_at: datetime
    enrol_expires_at: datetime | None
    revoked_at: datetime | None
    last_seen_at: datetime | None
    db_epoch: UUID | None
    data_position: int | None
    attachments_position: int | None
    acked_at: datetime | None
    last: Annotated[int | None, Field(description="the feed's last position")]
    behind_s: Annotated[float | None, Field(description="age of the first change it has not acknowledged; 0: none; null: not active")]


class Enrol(Body):
    """A device for a rep. The same `id` again means another code for the same device."""

    channel: str
    rep: Annotated[Printable, Field(min_length=1, max_length=20)]
    name: Annotated[Printable | None, Field(max_length=120)] = None
    id: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$", description="left out: one is made up")] = None
    valid_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60)] = 24 * 60
    reason: Reason = None


class Enrolled(BaseModel):
    """The code is shown here and never again."""

    id: str
    channel: str
    rep: str
    code: str
    expires_at: datetime


class DueLine(BaseModel):
    """A due record; `text` says why, in the language asked for. Of kind `import/...`: an upload without a final answer."""

    channel: str
    kind: str
    key: Annotated[str, Field(description="of an upload its source_id")]
    objectversion: Annotated[int, Field(description="of an upload its revision")]
    outcome: str
    code: str
    params: dict[str, Any]
    text: str
    attempts: int
    exhausted: bool
    first_at: datetime
    last_at: datetime
    topic: str | None
    topic_partition: int | None
    topic_offset: int | None
    sender: Annotated[str | None, Field(description="of an upload: `device/<id>` or `management/<id>`")] = None


class DueDetail(DueLine):
    """A due record with what arrived."""

    texts: dict[str, str]
    missing: Annotated[list[Any] | None, Field(description="parents it waits for")]
    value: Annotated[str | None, Field(description="the original bytes as text; null where they are no UTF-8, or there are none")]
    value_base64: Annotated[str | None, Field(description="the original bytes; null: a tombstone")]
    headers: Any


_KIND: dict[str, Any] = {"required": ["kind"], "properties": {"kind": {"type": "string"}}}
_CODE: dict[str, Any] = {"required": ["code"], "properties": {"code": {"type": "string"}, "keys": {"type": "null"}}}


class Chosen(Body):
    """Which due records are meant: those of a kind, those with a code, or the named keys of a kind."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"anyOf": [_KIND, _CODE]})

    kind: str | None = None
    code: str | None = None
    keys: Annotated[list[Text] | None, Field(min_length=1, max_length=10_000)] = None
    reason: Reason = None


class Discard(Chosen):
    """The reason is kept beside the record's last outcome."""

    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00]*$")]


class Done(BaseModel):
    """How many records were meant, and how many of them something was done to."""

    chosen: int
    done: int


class Wanted(BaseModel):
    """Something the source is still to do, or the writer where the kind is `import/...`."""

    id: int
    channel: str
    kind: str
    key: str
    action: str
    reason: str
    created_at: datetime
    taken_at: datetime | None
    attempts: int
    next_at: datetime


class RejectedLine(BaseModel):
    """A line an ingest could not take."""

    id: int
    channel: str
    kind: str
    line: int
    code: str
    params: dict[str, Any]
    text: str
    raw: Annotated[str | None, Field(description="the line, unless it is no UTF-8")]
    at: datetime


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The description of a route's error answers."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
    return {status: {"description": _MEANING[status], "content": content} for status in (401, 403, *statuses, 503)}


_MEANING = {
    400: "A cursor of another list, a body that is not JSON, or fields that do not go together.",
    401: "No operator token.",
    403: "An unknown or revoked token, or one whose role does not include this.",
    404: "Not there.",
    409: "Not in this state.",
    422: "Not of the described form.",
    503: "A database does not answer; repeat after Retry-After seconds.",
}
