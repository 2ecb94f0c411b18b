"""Sales documents as a device receives them (domain.md 3.8)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from schemas.cee.sales_documents import DocumentBody, LineBody
from schemas.envelope import Export, Reference
from schemas.keys import escape


class SalesDocument(DocumentBody, Export, kind="sales-documents", leaves="deactivate", stub=("type", "hq_number", "status_general")):
    """Read-only on the device."""

    lines: Annotated[tuple[LineBody, ...], Field(min_length=1, max_length=500)]

    @classmethod
    def needs(cls, body: dict[str, Any]) -> list[Reference]:
        found = [("partners", escape(body["partner"]))]
        if body["origin"] == "mobile" and body.get("rep"):
            found.append(("sales-reps", escape(body["rep"])))
        return found + [("articles", escape(article)) for article in dict.fromkeys(line["article"] for line in body["lines"])]
