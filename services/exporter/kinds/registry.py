"""Which handler judges which kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from services.exporter.kinds import (
    article_categories,
    articles,
    attachments,
    availability,
    master_data,
    partners,
    price_lists,
    sales_documents,
    sales_reps,
)

HANDLERS: dict[str, Callable[[Any, Any], Any]] = {
    "master-data": master_data.handle,
    "sales-reps": sales_reps.handle,
    "partners": partners.handle,
    "articles": articles.handle,
    "article-categories": article_categories.handle,
    "availability": availability.handle,
    "price-lists": price_lists.handle,
    "sales-documents": sales_documents.handle,
    "attachments": attachments.handle,
}
