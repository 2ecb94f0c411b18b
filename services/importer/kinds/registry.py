"""Which handler judges which kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from schemas.imports.envelope import Import
from services.importer.kinds import attachments, documents, partners, visits

HANDLERS: dict[str, Callable[[Any, Any], Import]] = {
    "partners": partners.handle,
    "documents": documents.handle,
    "attachments": attachments.handle,
    "visits": visits.handle,
}
