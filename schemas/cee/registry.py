"""How each kind on cee.* is decoded: `CEE[kind].validate_json(bytes)`."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from schemas.cee.article_categories import Category
from schemas.cee.articles import Article
from schemas.cee.attachments import Attachment
from schemas.cee.availability import Availability
from schemas.cee.master_data import Entry
from schemas.cee.partners import Partner
from schemas.cee.price_lists import Record
from schemas.cee.sales_documents import SalesDocument
from schemas.cee.sales_reps import SalesRep

CEE: dict[str, TypeAdapter[Any]] = {
    "master-data": TypeAdapter(Entry),
    "sales-reps": TypeAdapter(SalesRep),
    "partners": TypeAdapter(Partner),
    "articles": TypeAdapter(Article),
    "article-categories": TypeAdapter(Category),
    "availability": TypeAdapter(Availability),
    "price-lists": TypeAdapter(Record),
    "sales-documents": TypeAdapter(SalesDocument),
    "attachments": TypeAdapter(Attachment),
}

# what pydantic puts before the field path of a record that is one of several types
TAGS = frozenset(
    {
        "units", "warehouses", "vat-rates", "payment-forms", "payment-terms", "price-types", "positions", "currencies",
        "countries", "document-types", "customer-types", "relationship-types", "visit-types", "customer-discounts",
        "list", "price",
    }
)  # fmt: skip
