"""Pictures of articles, files and notes of partners and documents. Every content differs and opens in its viewer."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from services.sandbox.generate.files import document_pdf, picture_jpg, picture_png
from services.sandbox.generate.ids import uuid
from services.sandbox.generate.plan import Batch, Company, Plan, escape

COLUMNS = ("id", "owner_kind", "owner_key", "type", "name", "text", "extension", "content", "is_default")
NOTES = (
    "Klient prosi o kontakt po 15.",
    "Dostawa od podwórza, brama nr 2.",
    "Zainteresowany nowym katalogiem.",
    "Nächster Termin nach Ostern.",
    "Uwaga: rampa tylko do 7,5 t.",
)


def attachments(plan: Plan, company: Company) -> Iterator[Batch]:
    """One picture for nine of ten articles, and size.attachments others."""
    if plan.first:
        pictured = len(company.articles) - len(company.articles) // 10
        yield Batch("attachments", "attachment", COLUMNS, _pictures(plan, company), pictured)
    yield Batch("attachments", "attachment", COLUMNS, _others(plan, company), plan.size.attachments)


def _pictures(plan: Plan, company: Company) -> Iterator[tuple[Any, ...]]:
    rng = plan.rng("pictures")
    for place, article in enumerate(company.articles):
        if place % 10 == 9:
            continue
        content = picture_jpg(rng, plan.full_pictures)
        yield uuid(rng), "article", escape(article.number), "image", f"{article.number.replace('/', '_')}.jpg", None, "jpg", content, True


def _others(plan: Plan, company: Company) -> Iterator[tuple[Any, ...]]:
    rng = plan.rng("attachments")
    recent = company.documents[: plan.size.documents]
    for _place in range(plan.size.attachments):
        if rng.random() < 0.5:
            owner = ("partner", escape(rng.choice(company.partners).number))
        else:
            document = rng.choice(recent)
            owner = ("document", f"{document.type}/{escape(document.number)}")
        yield uuid(rng), *owner, *_content(rng, owner[1])


def _content(rng: Random, owner: str) -> tuple[Any, ...]:
    drawn = rng.random()
    if drawn < 0.3:
        return "note", "Notatka", f"{rng.choice(NOTES)} ({rng.randint(1, 9999)})", None, None, False
    if drawn < 0.6:
        return "file", "Potwierdzenie.pdf", None, "pdf", document_pdf("Ostoja Narzedzia", [owner, str(rng.getrandbits(64))]), False
    if drawn < 0.9:
        return "image", f"Zdjecie_{rng.randint(1000, 9999)}.jpg", None, "jpg", picture_jpg(rng), False
    return "image", f"Skan_{rng.randint(1000, 9999)}.png", None, "png", picture_png(rng), False
