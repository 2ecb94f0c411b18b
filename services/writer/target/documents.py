"""Imports documents into the reference CEE: reads what the batch names, lets the rules decide, writes headers and lines by COPY.

Called by target/reference.py inside the writer's transaction; a rollback gives the numbers back.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from schemas.channel import Channel
from services.kernel.guard import Remark
from services.kernel.postgres import Connection, Queries
from services.writer.model import Answer, Upload
from services.writer.rules.documents import Accepted, Facts, Judging, Partner, Written, named
from services.writer.target.document_rows import FRESH, Numbered, array_text, copy
from services.writer.target.prices import Outdated, question

QUERIES = Queries(Path(__file__).with_name("documents.sql"))
_STRETCH = 25  # uploads judged in one go: about 2 ms


async def write(connection: Connection, channel: Channel, uploads: Sequence[Upload], now: datetime) -> list[Answer]:
    """One answer per upload, in order; what is accepted is written when it returns."""
    facts = await read(connection, channel, uploads, now)
    decisions, outdated = await _decided(connection, channel, uploads, facts)
    numbered = await _numbered(connection, channel, [decision for decision in decisions if isinstance(decision, Accepted)])
    await copy(connection, channel, numbered)
    imported = iter([_answer(document, outdated.get(document.accepted.upload.source_id, ())) for document in numbered])
    return [decision if isinstance(decision, Answer) else next(imported) for decision in decisions]


async def read(connection: Connection, channel: Channel, uploads: Sequence[Upload], now: datetime) -> Facts:
    """What CEE knows of everything the batch names, each kind of thing by one query."""
    bodies = [upload.body for upload in uploads]
    context = await connection.fetchrow(QUERIES.context, now, channel.time_zone, channel.currency)
    assert context is not None, "a select without a table always has a row"
    facts = Facts(context["today"], context["decimals"])
    sources, mobile_numbers = [upload.source_id for upload in uploads], [body.mobile_number for body in bodies]
    for row in await connection.fetch(QUERIES.written, channel.id, sources, mobile_numbers):
        facts.taken[row["mobile_number"]] = row["source_id"]
        if row["source_id"] is not None:
            facts.written[row["source_id"]] = Written(row["key"], row["number"], row["mobile_number"], row["status"], row["version"])
    numbers = list({body.partner for body in bodies if body.partner})
    births = list({body.partner_source_id for body in bodies if body.partner_source_id})
    for row in await connection.fetch(QUERIES.partners, channel.id, numbers, births, facts.today):
        facts.partners[row["name"]] = Partner(row["number"], row["role"], row["status"], row["price_class"], row["is_active"])
    for row in await connection.fetch(QUERIES.limits, channel.id, list({upload.rep for upload in uploads})):
        facts.limits[row["rep"]] = row["max_discount"]
    articles = array_text(list({line.article for body in bodies for line in body.lines}))
    for row in await connection.fetch(QUERIES.articles, channel.assortment_listing, facts.today, articles):
        (facts.left if row["is_known"] else facts.unknown).add(row["number"])
    for row in await connection.fetch(QUERIES.rates, list({line.vat_rate for body in bodies for line in body.lines})):
        facts.rates.setdefault(row["code"], []).append((row["valid_from"], row["percent"]))
    return facts


async def _decided(
    connection: Connection, channel: Channel, uploads: Sequence[Upload], facts: Facts
) -> tuple[list[Answer | Accepted], Outdated]:
    """CEE looks up the prices while the rules judge: it has a processor of its own."""
    sold = [(upload, facts.partners[name]) for upload in uploads if (name := named(upload.body)) in facts.partners]
    asked = asyncio.ensure_future((await question(connection, channel, sold, facts)).answer(connection, facts))
    try:
        judging, decisions = Judging(facts, channel), list[Answer | Accepted]()
        for first in range(0, len(uploads), _STRETCH):
            await asyncio.sleep(0)  # lets the question out, and the loop breathe
            decisions += [judging.decide(upload) for upload in uploads[first : first + _STRETCH]]
    finally:
        outdated = await asked
    return decisions, outdated


async def _numbered(connection: Connection, channel: Channel, accepted: Sequence[Accepted]) -> list[Numbered]:
    """HQ numbers of each order type in the order of the uploads; the ranges stay locked until the transaction ends."""
    if not accepted:
        return []
    types = {"ZS": channel.order_type_zs, "OS": channel.order_type_os}
    counts: defaultdict[str, int] = defaultdict(int)
    for document in accepted:
        counts[types[document.upload.body.type]] += 1
    names = sorted(counts)  # always the same order: two channels that share ranges do not wait for each other
    rows = await connection.fetch(QUERIES.numbers, names, [counts[name] for name in names])
    given: dict[str, Any] = {name: zip(row["numbers"], row["versions"], strict=True) for name, row in zip(names, rows, strict=True)}
    return [Numbered(document, *next(given[types[document.upload.body.type]])) for document in accepted]


def _answer(document: Numbered, outdated: tuple[Remark, ...]) -> Answer:
    upload = document.accepted.upload
    return Answer(
        upload,
        "imported",
        remarks=document.accepted.remarks + outdated,
        number=document.number,
        mobile_number=upload.body.mobile_number,
        status=FRESH,
        version=document.version,
        key=document.key,
    )
