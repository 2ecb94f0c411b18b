"""/v1/channels/{channel}/imports: where the uploads are, and what those look like that have no final answer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from schemas.topics import IMPORT_KINDS
from services.control import imports as uploads
from services.control.import_models import ImportStatus, OpenUploads
from services.control.models import Language, problems
from services.control.parts import Parts, known_kind
from services.kernel.http import Problem

SourceId = Annotated[UUID, Query(description="source_id of the object")]


def routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["imports"])

    @router.get("/channels/{channel}/imports", responses=problems(404, 422))
    async def status(channel: str) -> ImportStatus:
        """Uploads of one channel by kind and outcome, and what is before importer, writer and feed."""
        return await uploads.status(parts.settings.kafka, parts.pool, await parts.channels.one(channel))

    @router.get("/channels/{channel}/imports/{kind}/record", responses=problems(404, 422))
    async def one(channel: str, kind: str, key: SourceId, lang: Language = "en") -> OpenUploads:
        """The uploads of one object that wait or are quarantined, with their bytes as long as CEE answers."""
        known_kind(kind, IMPORT_KINDS)
        await parts.channels.one(channel)
        found = await uploads.open_uploads(parts.pool, parts.cee, (channel, kind, key), lang)
        if not found.items:
            raise Problem(404, "due_unknown", f"No upload of {kind} {key} is open in channel {channel}.")
        return found

    return router
