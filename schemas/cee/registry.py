"""How each kind on cee.* is decoded: `CEE[kind].validate_json(bytes)`; a kind whose records differ is told apart by one field."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from schemas.cee import master_data, price_lists
from schemas.cee.article_categories import Category
from schemas.cee.articles import Article
from schemas.cee.attachments import Attachment
from schemas.cee.availability import Availability
from schemas.cee.partners import Partner
from schemas.cee.sales_documents import SalesDocument
from schemas.cee.sales_reps import SalesRep
from schemas.envelope import CeeChange

CEE: dict[str, TypeAdapter[Any]] = {
    "master-data": TypeAdapter(master_data.Entry),
    "sales-reps": TypeAdapter(SalesRep),
    "partners": TypeAdapter(Partner),
    "articles": TypeAdapter(Article),
    "article-categories": TypeAdapter(Category),
    "availability": TypeAdapter(Availability),
    "price-lists": TypeAdapter(price_lists.Record),
    "sales-documents": TypeAdapter(SalesDocument),
    "attachments": TypeAdapter(Attachment),
}

# the record types of each kind
CHANGES: dict[str, tuple[type[CeeChange], ...]] = {
    "master-data": master_data.CHANGES,
    "sales-reps": (SalesRep,),
    "partners": (Partner,),
    "articles": (Article,),
    "article-categories": (Category,),
    "availability": (Availability,),
    "price-lists": (price_lists.PriceList, price_lists.PriceRow),
    "sales-documents": (SalesDocument,),
    "attachments": (Attachment,),
}
