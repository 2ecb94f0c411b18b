"""What devices send and get besides the feed itself; the API's description is made from these."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.gateway import chain, cursor

# no control characters: PostgreSQL stores no NUL, and names are shown in tables
Printable = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Enrolment(_Body):
    """An enrolment code, used up by this request."""

    code: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9 -]{8,40}$", description="as shown by `ceebus device enroll`; case, spaces and dashes do not matter"),
    ]
    db_epoch: Annotated[UUID, Field(description="made by the device when its database was created or restored")]
    device_id: Annotated[Printable | None, Field(max_length=64, description="if given, the code must have been made for this device")] = (
        None
    )
    name: Annotated[Printable | None, Field(max_length=120, description="what people call the device")] = None


class Refresh(_Body):
    """A refresh token; good once, brings the next."""

    refresh_token: Annotated[str, Field(pattern=chain.PATTERN)]


class Ack(_Body):
    """The cursor of a complete download that the device now has in use."""

    cursor: Annotated[str, Field(pattern=cursor.PATTERN)]


class TokenPair(BaseModel):
    """What a device proves itself with."""

    device_id: str
    channel: str
    rep: str
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: Annotated[int, Field(description="seconds the access token is good for")]
    refresh_token: str


class Acknowledged(BaseModel):
    """What the device has in use, as the gateway knows it now."""

    data_position: int
    attachments_position: int
    acked_at: datetime
    db_epoch: Annotated[UUID | None, Field(description="the registered database of the device: edits count from it")]


Answers = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> Answers:
    """The description of a route's error answers."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
    return {status: {"description": _MEANING[status], "content": content} for status in statuses}


_MEANING = {
    400: "The body is not JSON, or cut.",
    401: "No token, or one that is broken, too old or of an ended session.",
    403: "Revoked device or token, unknown code, a cursor that is not this device's, or nothing for this kind of client.",
    404: "Not there, or not for this device.",
    405: "Not this method.",
    408: "The body did not arrive in time; send it again.",
    409: "Of another database of this device, not complete, or at another place.",
    410: "Pull again without a cursor.",
    412: "Another version of tus.",
    413: "The body is too large.",
    415: "Another type or encoding.",
    416: "The range lies behind the end.",
    422: "Not of the described form.",
    503: "The database or the bus does not answer; repeat after Retry-After seconds.",
}
