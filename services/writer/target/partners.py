"""Imports partners into the reference CEE: reads what the batch names, lets the rules decide, writes partners and their parts.

Called by target/reference.py inside the writer's transaction; a rollback gives the numbers back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from schemas.channel import Channel
from schemas.keys import escape
from services.kernel.guard import Remark
from services.kernel.postgres import Connection, Queries
from services.writer.model import Answer, Upload
from services.writer.rules.partner_facts import Held, LastSaid, Plan, Situation
from services.writer.rules.partner_fields import EDITABLE, country, ids, of_cee, said
from services.writer.rules.partners import decide
from services.writer.rules.tax_ids import spellings
from services.writer.target.partner_parts import write_parts

QUERIES = Queries(Path(__file__).with_name("partners.sql"))
TRIES, PAUSE = 100, 0.02  # together longer than a change in CEE takes


async def write(connection: Connection, channel: Channel, uploads: Sequence[Upload], now: datetime) -> list[Answer]:
    """One answer per upload, in order; what is imported is written when it returns."""
    today = await connection.fetchval(QUERIES.context, now, channel.time_zone)
    situation = await read(connection, channel, uploads, today)
    plan = decide(situation, uploads)
    numbers = await _create(connection, channel, plan)
    await _edit(connection, [held for held in situation.held.values() if held.is_changed], today)
    if plan.removed:
        await connection.execute(QUERIES.remove, channel.id, plan.removed, today)
    answers = [_numbered(answer, numbers) for answer in plan.answers]
    await _remember(connection, channel, plan, answers)
    named = list({answer.number for answer in answers if answer.number})
    versions = {row["number"]: row["version"] for row in await connection.fetch(QUERIES.versions, named)} if named else {}
    return [_completed(answer, situation.held, versions) for answer in answers]


async def read(connection: Connection, channel: Channel, uploads: Sequence[Upload], today: date) -> Situation:
    """What CEE has of everything the batch names, each kind of thing by one query; existing partners are locked."""
    sources = [upload.source_id for upload in uploads]
    called = {number for upload in uploads for number in (upload.body.number, upload.known and upload.known.number) if number}
    locked = await _locked(connection, list(called), sources)
    keys = [escape(row["number"]) for row in locked]
    held: dict[str, Held] = {}
    for row in await connection.fetch(QUERIES.held, channel.id, keys) if keys else ():
        held[row["number"]] = Held(row["number"], row["version"], of_cee(row["body"]), row["is_of_channel"], row["is_deleted"])
    numbers = {row["source_id"]: row["number"] for row in locked if row["source_id"] in set(sources)}
    reps = await connection.fetch(QUERIES.reps, channel.id, list({upload.rep for upload in uploads}))
    codes = [channel.template_with_tax_id, channel.template_without_tax_id]
    elements = list({element for upload in uploads for _list, element in ids(said(upload.body))})
    return Situation(
        channel,
        frozenset(row["rep"] for row in reps),
        {row["code"]: dict(row) for row in await connection.fetch(QUERIES.templates, codes)},
        held,
        numbers,
        {row["source_id"]: LastSaid(row["version"], row["said"]) for row in await connection.fetch(QUERIES.said, channel.id, sources)},
        await _taxed(connection, channel, _spelled(uploads, held, numbers), today),
        {(row["list"], row["id"]): row["partner"] for row in await connection.fetch(QUERIES.owners, elements)} if elements else {},
    )


async def _locked(connection: Connection, called: list[str], sources: list[str]) -> list[Any]:
    """Partners and their parts. Whoever changes a part in CEE has the part first and then wants the partner: while somebody does,
    the partner is let go again, or each would wait for the other."""
    for _attempt in range(TRIES):
        savepoint = connection.transaction()
        await savepoint.start()
        locked = await connection.fetch(QUERIES.lock, called, sources)
        if not locked or await connection.fetchval(QUERIES.lock_parts, [row["number"] for row in locked]):
            await savepoint.commit()
            return locked
        await savepoint.rollback()
        await asyncio.sleep(PAUSE)
    return await connection.fetch(QUERIES.lock, called, sources)


def _spelled(uploads: Iterable[Upload], held: dict[str, Held], numbers: dict[str, str]) -> set[str]:
    """All ways to write the tax ids that the batch brings, for whatever country they may be meant."""
    found: set[str] = set()
    for upload in uploads:
        if upload.body.tax_id is None:
            continue
        number = (upload.known and upload.known.number) or numbers.get(upload.source_id) or upload.body.number
        homes = {country(said(upload.body)), country(held[number].fields) if number in held else None}
        found.update(form for home in homes for form in spellings(upload.body.tax_id, home))
    return found


async def _taxed(connection: Connection, channel: Channel, spelled: set[str], today: date) -> list[tuple[str, str, str | None]]:
    if not spelled or channel.duplicate_check == "off":
        return []
    return [tuple(row) for row in await connection.fetch(QUERIES.taxed, channel.id, list(spelled), today)]


async def _create(connection: Connection, channel: Channel, plan: Plan) -> dict[str, str]:
    """Numbers by source_id, in the order of the uploads: CEE counts without gaps."""
    if not plan.created:
        return {}
    taken = await connection.fetchval(QUERIES.numbers, len(plan.created))
    numbers = dict(zip(plan.created, taken, strict=True))
    rows = [fields | {"number": numbers[source], "origin_source_id": source} for source, fields in plan.created.items()]
    await connection.execute(QUERIES.create, rows)
    await write_parts(connection, QUERIES, [(numbers[source], {}, fields) for source, fields in plan.created.items()])
    await connection.execute(QUERIES.assign, channel.id, list(taken))
    return numbers


async def _edit(connection: Connection, changed: list[Held], today: date) -> None:
    if not changed:
        return
    names = ("number", *EDITABLE, "tax_id")
    await connection.execute(QUERIES.edit, [{name: held.fields.get(name) for name in names} for held in changed])
    renamed = [held.number for held in changed if held.fields["name"] != held.before["name"]]
    if renamed:
        await connection.execute(QUERIES.rename, renamed, today)
    await write_parts(connection, QUERIES, [(held.number, held.before, held.fields) for held in changed])


async def _remember(connection: Connection, channel: Channel, plan: Plan, answers: Sequence[Answer]) -> None:
    rows = [
        {"source_id": answer.upload.source_id, "partner": answer.number, "said": plan.said[answer.upload.source_id]}
        for answer in answers
        if answer.upload.source_id in plan.said
    ]
    if rows:
        await connection.execute(QUERIES.remember, channel.id, rows)


def _numbered(answer: Answer, numbers: dict[str, str]) -> Answer:
    """With the numbers of partners that are new: its own, and in its texts another's."""
    number = answer.number or numbers.get(answer.upload.source_id)
    remarks = tuple(Remark(remark.code, _called(remark.params, numbers)) for remark in answer.remarks)
    return replace(answer, number=number, params=_called(answer.params, numbers), remarks=remarks)


def _called(params: dict[str, Any], numbers: dict[str, str]) -> dict[str, Any]:
    return params | {"partner": numbers.get(params["partner"], params["partner"])} if "partner" in params else params


def _completed(answer: Answer, held: dict[str, Held], versions: dict[str, int]) -> Answer:
    if answer.number is None or answer.number not in versions:
        return answer
    status = held[answer.number].status if answer.number in held else answer.status
    return replace(answer, key=answer.number, status=status, version=versions[answer.number])
