"""The contract of each kind on export.*: what leaves how, and what must be there first."""

from __future__ import annotations

from schemas.envelope import Export
from schemas.export.article_categories import Category
from schemas.export.articles import Article
from schemas.export.attachments import Attachment
from schemas.export.availability import Availability
from schemas.export.master_data import Entry
from schemas.export.partners import Partner
from schemas.export.price_lists import Priced
from schemas.export.sales_documents import SalesDocument
from schemas.export.sales_reps import SalesRep

EXPORT: dict[str, type[Export]] = {
    "master-data": Entry,
    "sales-reps": SalesRep,
    "partners": Partner,
    "articles": Article,
    "article-categories": Category,
    "availability": Availability,
    "price-lists": Priced,
    "sales-documents": SalesDocument,
    "attachments": Attachment,
}
