"""The contract of each kind on mobile.*: `MOBILE[kind].model_validate_json(bytes)`."""

from __future__ import annotations

from schemas.mobile.attachments import Attachment
from schemas.mobile.documents import Document
from schemas.mobile.envelope import Upload
from schemas.mobile.partners import Partner
from schemas.mobile.visits import Visit

MOBILE: dict[str, type[Upload]] = {"partners": Partner, "documents": Document, "attachments": Attachment, "visits": Visit}
