"""/v1/files: contents of attachments by tus 1.0 (https://tus.io), in chunks that go on where a network broke off.

A file's address holds, sealed, what was said about it: nothing of it has to be kept until its last byte is here.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import astuple
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi import Path as InPath
from fastapi.responses import Response
from starlette.requests import ClientDisconnect

from schemas.files import LARGEST
from services.gateway.access import SQL
from services.gateway.announced import Announced, announced_by, refused
from services.gateway.models import Answers, problems
from services.gateway.parts import Parts, Sending
from services.gateway.senders import Sender
from services.kernel import tokens
from services.kernel.http import Problem
from services.kernel.signatures import fits

VERSION = "1.0.0"
NAME = r"^[A-Za-z0-9_-]{2,3000}\.[A-Za-z0-9_-]{22}$"
_PURPOSE = "file.1"
_TUS = {"tus-resumable": VERSION, "cache-control": "no-store"}
_CHUNKS = "application/offset+octet-stream"
_CHUNK = {"required": True, "content": {_CHUNKS: {"schema": {"type": "string", "format": "binary"}}}}
_DONE: Answers = {204: {"description": "Upload-Offset says how many bytes are here"}}
Resumable = Annotated[str | None, Header(alias="Tus-Resumable", description=VERSION)]
Whole = Annotated[int, Header(alias="Upload-Length", ge=0, description=f"bytes of the file, at most {LARGEST}")]
Metadata = Annotated[str, Header(alias="Upload-Metadata", description="source_id, sha256 and filename, each with its value in Base64")]
Offset = Annotated[int, Header(alias="Upload-Offset", ge=0, description="bytes that are here already")]
Name = Annotated[str, InPath(pattern=NAME, description="as `Location` of the creation says")]


def routes(parts: Parts, sending: Sending) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["push"])
    router.options("/files", status_code=204, response_class=Response)(_describe)
    Who = Annotated[Sender, Depends(sending)]

    @router.post("/files", status_code=201, response_class=Response, responses=problems(400, 401, 403, 412, 413, 422, 503))
    async def create(who: Who, length: Whole, metadata: Metadata, version: Resumable = None) -> Response:
        """Begins an upload, or finds one that has begun; `Upload-Offset` says how much of it is here."""
        _speaks(who, version)
        announced = announced_by(who, length, metadata)
        name = tokens.seal(parts.key, _PURPOSE, list(astuple(announced)))
        found = {"location": f"/v1/files/{name}", "upload-offset": str(await _offset(parts, announced, name))}
        return Response(status_code=201, headers=_TUS | found)

    @router.head("/files/{name}", status_code=204, response_class=Response, responses={**_DONE, **problems(401, 403, 404, 412, 422, 503)})
    async def look(who: Who, name: Name, version: Resumable = None) -> Response:
        """How much of it is here."""
        _speaks(who, version)
        announced = _opened(parts, who, name)
        found = {"upload-offset": str(await _offset(parts, announced, name)), "upload-length": str(announced.length)}
        return Response(status_code=204, headers=_TUS | found)

    @router.patch(
        "/files/{name}",
        status_code=204,
        response_class=Response,
        responses={**_DONE, **problems(401, 403, 404, 408, 409, 412, 413, 415, 422, 503)},
        openapi_extra={"requestBody": _CHUNK},
    )
    async def append(who: Who, name: Name, offset: Offset, request: Request, version: Resumable = None) -> Response:
        """Adds a chunk; with the last one the content is checked against its hash and its extension, and kept."""
        _speaks(who, version)
        announced = _opened(parts, who, name)
        if (request.headers.get("content-type") or "").strip().lower() != _CHUNKS:
            raise Problem(415, "type_unknown", f"Chunks come as {_CHUNKS}.")
        size = await _append(parts, (announced, name), offset, request)
        return Response(status_code=204, headers=_TUS | {"upload-offset": str(size)})

    return router


async def _describe() -> Response:
    """What of tus is spoken here."""
    return Response(status_code=204, headers=_TUS | {"tus-version": VERSION, "tus-extension": "creation", "tus-max-size": str(LARGEST)})


def _speaks(who: Sender, version: str | None) -> None:
    if who.device is None:
        raise Problem(403, "devices_only", "The back-office app plans visits and enters prospects; files come from devices.")
    if version != VERSION:
        raise Problem(412, "tus_version", f"Send Tus-Resumable: {VERSION}.")


def _opened(parts: Parts, who: Sender, name: str) -> Announced:
    """Raises Problem 404 for an address that is not this sender's: it tells nothing about others'."""
    try:
        announced = Announced(*tokens.unseal(parts.key, _PURPOSE, name))
    except (tokens.BadSeal, TypeError):
        raise Problem(404, "file_unknown", "There is no such upload.") from None
    if (announced.channel, announced.sender) != (who.channel, who.name):
        raise Problem(404, "file_unknown", "There is no such upload.")
    return announced


async def _offset(parts: Parts, announced: Announced, name: str) -> int:
    """Bytes that are here. A content whose last byte came before its process was killed is kept now: no further chunk would do it."""
    if await _is_kept(parts, announced):
        return announced.length
    size = parts.files.size(name)
    if size == announced.length:
        try:
            await _keep(parts, announced, name)
        except FileNotFoundError:  # the request that brought its last byte was about to
            return announced.length if await _is_kept(parts, announced) else 0
        except Problem:  # thrown away: it begins anew, and the answer to its last chunk says why
            return 0
    return size


async def _is_kept(parts: Parts, announced: Announced) -> bool:
    """Its last chunk was taken, and only the answer was lost."""
    place = (announced.channel, announced.source_id, announced.sha256, announced.sender)
    return bool(await parts.pool.fetchval(SQL.has_file, *place)) and parts.blobs.exists(announced.sha256)


async def _append(parts: Parts, file: tuple[Announced, str], offset: int, request: Request) -> int:
    """Bytes that are here afterwards."""
    announced, name = file
    if offset == announced.length and await _is_kept(parts, announced):
        return offset
    size = await parts.files.append(name, offset, announced.length, _arriving(request))
    if size == announced.length:
        await _keep(parts, announced, name)
    return size


async def _arriving(request: Request) -> AsyncIterator[bytes]:
    """Until the end of the body or the break of the network: what has come is kept either way."""
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        return


async def _keep(parts: Parts, announced: Announced, name: str) -> None:
    """Content first, then the note that it is there. What is not as it was said is thrown away: the next try begins anew."""
    content = await asyncio.to_thread(parts.files.read, name)
    digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
    params: dict[str, Any] = {"name": announced.filename, "extension": announced.extension}
    wrong = "content_hash_mismatch" if digest != announced.sha256 else None
    if wrong is None and not await asyncio.to_thread(fits, announced.extension, content):
        wrong = "content_type_mismatch"
    if wrong is None:
        await parts.blobs.put(content)
        place = (announced.channel, announced.source_id, announced.sha256, announced.sender)
        await parts.pool.execute(SQL.add_file, *place, announced.length, announced.filename)
    parts.files.drop(name)
    if wrong is not None:
        raise refused(wrong, **params)
