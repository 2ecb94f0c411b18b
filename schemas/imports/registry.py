"""The contract of each kind on import.*: `IMPORTS[kind].model_validate_json(bytes)`, unless the headers say that it is a refusal."""

from __future__ import annotations

from schemas.imports.attachments import Attachment
from schemas.imports.documents import Document
from schemas.imports.envelope import Import
from schemas.imports.partners import Partner
from schemas.imports.visits import Visit

IMPORTS: dict[str, type[Import]] = {"partners": Partner, "documents": Document, "attachments": Attachment, "visits": Visit}
