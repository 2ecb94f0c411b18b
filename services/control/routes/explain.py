"""/v1/channels/{channel}/explain/{kind}: the way of one object, and the first obstacle on it."""

from typing import Annotated

from fastapi import APIRouter, Query

from schemas.topics import IMPORT_KINDS, KINDS
from services.control.explain.explanation import explain
from services.control.explain.models import Explanation
from services.control.models import Filter, Language, problems
from services.control.parts import IMPORTS, Parts, known_kind

EXPLAINED = (*KINDS, *(IMPORTS + kind for kind in IMPORT_KINDS))
Key = Annotated[str, Query(min_length=1, max_length=2000, pattern=r"^[^\x00]*$", description="of an upload its source_id or a number")]


def routes(parts: Parts) -> APIRouter:
    router = APIRouter(tags=["status"])

    @router.get("/channels/{channel}/explain/{kind:path}", responses=problems(404, 422))
    async def why(channel: str, kind: str, key: Key, device: Filter = None, lang: Language = "en") -> Explanation:
        """Why an object has not arrived: every stage of its way, in order. `kind` is one of the kinds, or `import/...` for uploads."""
        known_kind(kind, EXPLAINED)
        return await explain(parts, await parts.channels.one(channel), (kind, key), device, lang)

    return router
