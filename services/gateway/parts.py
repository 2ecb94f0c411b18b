"""What the routes stand on, made once in __main__.py and handed down; and who asks, as a dependency."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.security import HTTPBearer

from services.gateway.access import Access, Identity
from services.gateway.cursor import Cursor
from services.gateway.files import PartialFiles
from services.gateway.news import News
from services.gateway.senders import Sender, sender_of
from services.kernel.blobs import BlobStore
from services.kernel.kafka import Producer
from services.kernel.postgres import Pool

# only for the API's description: the check itself is ours, with its own codes
_bearer = HTTPBearer(
    auto_error=False,
    bearerFormat="JWT",
    description="the access token of /v1/enrolments or /v1/token; of a back-office app the one of `ceebus client add`",
)


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a request may need. `stop` is set at shutdown: streams end at the next page."""

    pool: Pool
    key: bytes
    access: Access
    news: News
    blobs: BlobStore
    files: PartialFiles
    bus: Producer
    stop: asyncio.Event


Sending = Callable[[Request], Awaitable[Sender]]
Identify = Callable[[Request], Awaitable[Identity]]
Epoch = Annotated[UUID, Header(alias="X-Device-Epoch", description="the db_epoch of the device's present database")]


def identifier(parts: Parts) -> Identify:
    """A dependency that answers who asks; raises Problem 401 and 403."""

    async def identify(request: Request, _: Annotated[object, Depends(_bearer)] = None) -> Identity:
        return await parts.access.identify(request.headers.get("authorization"))

    return identify


def sending(parts: Parts) -> Sending:
    """A dependency that answers who uploads, a device or a client of the back-office app; raises Problem 401 and 403."""

    async def sender(request: Request, _: Annotated[object, Depends(_bearer)] = None) -> Sender:
        return await sender_of(parts.pool, parts.access, request.headers.get("authorization"))

    return sender


def fresh_cursor(identity: Identity, db_epoch: UUID) -> Cursor:
    """The cursor of a device that has nothing yet."""
    return Cursor(identity.channel, identity.device, identity.rep, db_epoch)
