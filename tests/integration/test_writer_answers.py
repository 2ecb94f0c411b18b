"""Each upload has its effect once and one final answer, whoever sends it how often, whatever CEE refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from services.kernel.lane import LaneFailed
from services.writer.housekeeping import forget
from tests.integration.writer_bed import Bed, refusing, source_of, writer_bed
from tests.stack import Databases


@pytest.fixture
async def bed(databases: Databases, channel: str, tmp_path: Path) -> AsyncIterator[Bed]:
    async with writer_bed(databases, channel, tmp_path / "blobs") as made:
        yield made


async def test_a_visit_is_written_and_answered_once(bed: Bed) -> None:
    visit = bed.visit()
    await bed.apply(visit)
    (row,) = await bed.rows("cee.visit")
    assert (str(row["source_id"]), row["number"], row["partner"], row["status"]) == (source_of(visit), "V-1", bed.p1, "confirmed")
    answer = await bed.last(visit)
    assert (answer["outcome"], answer["final"], answer["attempt"]) == ("imported", True, 1)
    assert answer["body"] == {"number": "V-1", "status": "confirmed", "version": row["version"]}


async def test_a_repeat_gets_the_same_answer_again(bed: Bed) -> None:
    """It goes out once more, as the same attempt: readers know it already."""
    visit = bed.visit()
    await bed.apply(visit)
    await bed.cee.execute("update ceebus.answer set sent_at = now()")
    first = await bed.last(visit)
    await bed.apply(bed.again(visit), bed.again(visit))
    assert await bed.answers(visit) == [(1, "imported", None, True)]
    assert await bed.last(visit) == first | {"sent_at": None}
    assert len(await bed.rows("cee.visit")) == 1


async def test_a_repeat_in_the_same_batch_is_one_upload(bed: Bed) -> None:
    visit = bed.visit()
    await bed.apply(visit, bed.again(visit))
    assert await bed.answers(visit) == [(1, "imported", None, True)]


async def test_another_sender_of_the_same_learns_that_it_is_there(bed: Bed) -> None:
    source = str(uuid4())
    own, other = bed.visit(source), bed.visit(source, sender="device/d2")
    await bed.apply(own, other)
    assert await bed.answers(own) == [(1, "imported", None, True)]
    assert await bed.answers(other) == [(1, "unchanged", "already_imported", True)]
    assert (await bed.last(other))["body"]["number"] == "V-1"


async def test_a_refusal_by_the_importer_is_answered_and_stays(bed: Bed) -> None:
    visit = bed.visit(refused=("not_an_appointment", {"number": "V-1", "odd": "\0"}))
    await bed.apply(visit, bed.again(visit))
    assert await bed.answers(visit) == [(1, "rejected", "not_an_appointment", True)]
    assert await bed.rows("cee.visit") == []


async def test_whoever_is_not_refused_may_send_what_another_was_refused(bed: Bed) -> None:
    """A revoked device and the one that took its place: the same content, two fates."""
    source = str(uuid4())
    revoked, fine = bed.visit(source, refused=("device_revoked", {"device": "d1"})), bed.visit(source, sender="device/d2")
    await bed.apply(revoked, fine)
    assert (await bed.said(revoked), await bed.said(fine)) == (("rejected", "device_revoked"), ("imported", None))


async def test_a_record_without_a_sender_stops_nobody(bed: Bed) -> None:
    strange, visit = bed.visit(), bed.visit()
    strange.headers[:] = [pair for pair in strange.headers if pair[0] != "ce_sender"]
    await bed.apply(strange, visit)
    assert await bed.said(visit) == ("imported", None)
    assert len(await bed.rows("ceebus.answer")) == 1


async def test_an_answer_that_is_forgotten_is_made_anew_from_the_inbox(bed: Bed) -> None:
    visit = bed.visit(planned_start="2020-01-01T08:00:00.000Z", planned_end="2020-01-01T09:00:00.000Z")
    await bed.apply(visit)
    await bed.cee.execute("update ceebus.answer set sent_at = now()")
    await forget(bed.cee, timedelta(0), timedelta(days=1))
    assert await bed.answers(visit) == []
    await bed.apply(bed.again(visit))
    assert await bed.answers(visit) == [(1, "rejected", "visit_not_future", True)]


async def test_revisions_follow_each_other_in_one_batch(bed: Bed) -> None:
    """The gate stands before the first import only; what comes late is stale."""
    source = str(uuid4())
    first, third, second = bed.visit(source), bed.visit(source, 3, status="completed"), bed.visit(source, 2, name="Inna")
    await bed.apply(first, third, second)
    assert [await bed.said(one) for one in (first, third, second)] == [
        ("imported", None),
        ("imported", None),
        ("unchanged", "stale_revision"),
    ]
    (row,) = await bed.rows("cee.visit")
    assert (row["status"], row["origin_revision"]) == ("completed", 3)


async def test_a_restored_database_overwrites_nothing(bed: Bed) -> None:
    source = str(uuid4())
    first, later = bed.visit(source), bed.visit(source, 2, name="Po odtworzeniu", state="foreign_epoch")
    new = bed.visit(number="V-2", state="foreign_epoch")
    await bed.apply(first, later, new)
    assert (await bed.said(later), await bed.said(new)) == (("conflict", "epoch_changed"), ("imported", None))
    assert {row["name"] for row in await bed.rows("cee.visit")} == {"Wizyta"}


async def test_a_zombie_is_refused_by_the_offset_row(bed: Bed) -> None:
    """F04 in small: the owner before has read the record as well, and comes late."""
    first, second = bed.visit(), bed.visit()
    await bed.apply(first)
    heir = bed.another()
    await heir.apply(second)
    with pytest.raises(LaneFailed, match="another owner"):
        await bed.apply(second)
    assert await bed.answers(second) == [(1, "imported", None, True)]
    assert len(await bed.rows("cee.visit")) == 2
    heir.work.close()


async def test_the_record_that_cee_refuses_waits_alone(bed: Bed) -> None:
    await bed.cee.execute(refusing("cee.visit", f"new.channel = '{bed.channel}' and new.number = 'BAD'"))
    visits = [bed.visit(number=f"V-{i}") for i in range(40)]
    bad = bed.visit(number="BAD")
    await bed.apply(*visits[:17], bad, *visits[17:])
    assert {await bed.said(visit) for visit in visits} == {("imported", None)}
    assert await bed.said(bad) == ("waiting", "delivery_failed")
    assert len(await bed.rows("cee.visit")) == 40
    (row,) = await bed.rows("ceebus.waiting", "attempts, next_at > now() as later")
    assert tuple(row) == (1, True)


async def test_attempts_are_exhausted_and_an_operator_tries_again(bed: Bed) -> None:
    await bed.settings(max_attempts=2)
    await bed.cee.execute(refusing("cee.visit", f"new.channel = '{bed.channel}' and new.number = 'BAD'"))
    bad = bed.visit(number="BAD")
    await bed.apply(bad)
    await bed.cee.execute("update ceebus.waiting set next_at = now()")
    await bed.round()
    assert await bed.answers(bad) == [(1, "waiting", "delivery_failed", False), (2, "quarantined", "attempts_exhausted", False)]
    await bed.cee.execute("update ceebus.waiting set next_at = now()")
    await bed.round()
    assert len(await bed.answers(bad)) == 2, "only an operator moves it"
    await bed.cee.execute("drop trigger test_refuse on cee.visit")
    await bed.want(bad, "retry")
    await bed.round()
    assert (await bed.answers(bad))[2:] == [(3, "imported", None, True)]
    assert await bed.rows("ceebus.waiting") == []
    assert await bed.ours.fetch("select from ceebus.wanted where channel = $1", bed.channel) == []


async def test_an_outage_of_cee_parks_nobody(bed: Bed) -> None:
    """What is not about a record is raised: the lane tries the whole batch again."""
    await bed.cee.execute("alter table cee.visit rename to visit_away")
    visit = bed.visit()
    try:
        with pytest.raises(Exception, match="visit"):
            await bed.apply(visit)
    finally:
        await bed.cee.execute("alter table cee.visit_away rename to visit")
    assert await bed.rows("ceebus.waiting") == []
    await bed.apply(visit)
    assert await bed.said(visit) == ("imported", None)
