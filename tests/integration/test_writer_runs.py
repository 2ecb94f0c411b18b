"""What runs are told of the uploads they passed: counted with the effect, moved when what waited comes to its end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from schemas.envelope import header
from services.writer.results import record_of
from tests.integration.feed_bed import of_run
from tests.integration.writer_bed import Bed, refusing, source_of, writer_bed
from tests.stack import Databases


@pytest.fixture
async def bed(databases: Databases, channel: str, tmp_path: Path) -> AsyncIterator[Bed]:
    async with writer_bed(databases, channel, tmp_path / "blobs") as made:
        yield made


@pytest.fixture
def run() -> UUID:
    return uuid4()


async def tally(bed: Bed, run: UUID) -> dict[tuple[str, str, str], int]:
    rows = await bed.cee.fetch("select kind, outcome, code, records from ceebus.run_tally where run = $1 and records > 0", run)
    return {(row["kind"], row["outcome"], row["code"]): row["records"] for row in rows}


async def listed(bed: Bed, run: UUID) -> list[tuple[Any, ...]]:
    rows = await bed.cee.fetch("select key, outcome, code, params from ceebus.run_object where run = $1 order by key, code", run)
    return [tuple(row) for row in rows]


async def run_of_answer(bed: Bed, record: Any) -> str | None:
    """The run on the answer as it goes to results.<ch>."""
    headers = dict(record.headers)
    sql = "select * from ceebus.answer where upload_id = $1 and sender = $2 order by attempt desc limit 1"
    sent = record_of(await bed.cee.fetchrow(sql, headers["ce_id"].decode(), headers["ce_sender"].decode()))
    assert sent is not None
    found = header(sent.headers, "ce_runid")
    return found.decode() if found else None


async def test_each_upload_of_a_run_has_one_outcome(bed: Bed, run: UUID) -> None:
    known, source = bed.visit(), str(uuid4())
    await bed.apply(known)
    first = bed.visit()
    refused = bed.visit(refused=("not_an_appointment", {"number": "V-1"}))
    waiting = bed.visit(source, status="unconfirmed")
    await bed.apply(*of_run(run, first, bed.again(first), refused, waiting, bed.again(known)))
    assert await tally(bed, run) == {
        ("visits", "applied", ""): 1,
        ("visits", "unchanged", "already_imported"): 2,
        ("visits", "rejected", "not_an_appointment"): 1,
        ("visits", "waiting", "visit_not_confirmed"): 1,
    }
    assert {(key, outcome, code) for key, outcome, code, _ in await listed(bed, run)} == {
        (source_of(refused), "rejected", "not_an_appointment"),
        (source, "waiting", "visit_not_confirmed"),
    }
    assert [await run_of_answer(bed, record) for record in (first, refused, waiting, known)] == [str(run)] * 4


async def test_uploads_of_no_run_are_counted_by_nobody(bed: Bed) -> None:
    before = await bed.cee.fetchval("select count(*) from ceebus.run_tally")
    visit = bed.visit()
    await bed.apply(visit, bed.again(visit), bed.visit(status="unconfirmed"))
    assert await bed.cee.fetchval("select count(*) from ceebus.run_tally") == before
    assert await run_of_answer(bed, visit) is None


async def test_what_waited_is_moved_to_what_became_of_it(bed: Bed, run: UUID) -> None:
    partner = bed.partner()
    visit = bed.visit(partner=None, partner_source_id=source_of(partner))
    await bed.apply(*of_run(run, visit))
    assert await tally(bed, run) == {("visits", "waiting", "partner_missing"): 1}
    await bed.apply(partner)
    await bed.round()
    assert await bed.said(visit) == ("imported", None)
    assert await tally(bed, run) == {("visits", "applied", ""): 1}
    assert await listed(bed, run) == []
    assert await run_of_answer(bed, visit) == str(run)


async def test_a_newer_revision_supersedes_in_the_figures_too(bed: Bed, run: UUID) -> None:
    source = str(uuid4())
    await bed.apply(*of_run(run, bed.visit(source, status="unconfirmed")))
    await bed.apply(bed.visit(source, revision=2))
    assert await tally(bed, run) == {("visits", "unchanged", "superseded"): 1}


async def test_a_run_that_meets_what_waits_learns_what_becomes_of_it(bed: Bed, run: UUID) -> None:
    partner = bed.partner()
    visit = bed.visit(partner=None, partner_source_id=source_of(partner))
    await bed.apply(visit)
    await bed.apply(*of_run(run, bed.again(visit)))
    assert await tally(bed, run) == {("visits", "waiting", "partner_missing"): 1}
    await bed.apply(partner)
    await bed.round()
    assert await tally(bed, run) == {("visits", "applied", ""): 1}


async def test_warnings_count_besides(bed: Bed, run: UUID) -> None:
    """An order with another price than CEE's list has."""
    partner = bed.partner(number=bed.p1, base_version=0, base={}, tax_id="5261040828")
    await bed.apply(*of_run(run, partner))
    last = await bed.last(partner)
    warnings = [warning["code"] for warning in last["body"].get("warnings", ())]
    assert warnings
    figures = await tally(bed, run)
    assert {code: number for (_, outcome, code), number in figures.items() if outcome == "warning"} == {
        code: warnings.count(code) for code in warnings
    }
    assert sum(number for (_, outcome, _), number in figures.items() if outcome != "warning") == 1


async def test_a_run_tries_what_is_exhausted_once_more(bed: Bed, run: UUID) -> None:
    await bed.settings(max_attempts=1)
    await bed.cee.execute(refusing("cee.visit", "new.number = 'BAD'"))
    bad = bed.visit(number="BAD")
    await bed.apply(*of_run(run, bad))
    assert await tally(bed, run) == {("visits", "quarantined", "attempts_exhausted"): 1}
    await bed.round()
    assert len(await bed.answers(bad)) == 1, "nobody tries it by itself"
    await bed.cee.execute("drop trigger test_refuse on cee.visit")
    another = uuid4()
    await bed.apply(*of_run(another, bed.again(bad)))
    await bed.round()
    assert await bed.said(bad) == ("imported", None)
    assert await tally(bed, another) == {("visits", "applied", ""): 1}
    assert await tally(bed, run) == {("visits", "quarantined", "attempts_exhausted"): 1}


async def test_an_operators_retry_moves_what_was_exhausted(bed: Bed, run: UUID) -> None:
    await bed.settings(max_attempts=1)
    await bed.cee.execute(refusing("cee.visit", "new.number = 'BAD'"))
    bad = bed.visit(number="BAD")
    await bed.apply(*of_run(run, bad))
    await bed.cee.execute("drop trigger test_refuse on cee.visit")
    await bed.want(bad, "retry")
    await bed.round()
    assert await tally(bed, run) == {("visits", "applied", ""): 1}
    assert await listed(bed, run) == []


async def test_a_redelivery_that_is_rolled_back_counts_nothing(bed: Bed, run: UUID) -> None:
    visit = bed.visit()
    (passed,) = of_run(run, visit)
    await bed.apply(passed)
    await bed.apply(replace(passed, offset=passed.offset))  # before the place of the lane: committed already
    assert await tally(bed, run) == {("visits", "applied", ""): 1}
