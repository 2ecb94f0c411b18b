"""Uploads wait where everybody can see it, go on by themselves in order, and are replaced, confirmed or given up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.integration.writer_bed import Bed, refusing, source_of, writer_bed
from tests.stack import Databases


@pytest.fixture
async def bed(databases: Databases, channel: str, tmp_path: Path) -> AsyncIterator[Bed]:
    async with writer_bed(databases, channel, tmp_path / "blobs") as made:
        yield made


async def test_children_of_a_new_partner_go_on_in_the_order_of_kinds(bed: Bed) -> None:
    """Visit and order came first; the partner, its release, then both: the sender hears of every reason once."""
    partner = bed.partner()
    born = source_of(partner)
    visit = bed.visit(partner=None, partner_source_id=born)
    orders = [bed.order(partner=None, partner_source_id=born) for _ in range(3)]
    await bed.apply(visit, *orders)
    await bed.round()
    await bed.round()
    assert await bed.answers(orders[0]) == [(1, "waiting", "partner_missing", False)]
    await bed.apply(partner)
    assert await bed.said(partner) == ("imported", None)
    await bed.round()
    assert await bed.said(visit) == ("imported", None)
    assert {await bed.said(order) for order in orders} == {("waiting", "partner_blocked")}
    number = (await bed.last(partner))["body"]["number"]
    await bed.cee.execute("update cee.partner set status = 'released' where number = $1", number)
    await bed.round()
    assert [await bed.answers(order) for order in orders] == [
        [(1, "waiting", "partner_missing", False), (2, "waiting", "partner_blocked", False), (3, "imported", None, True)]
    ] * 3
    numbers = [(await bed.last(order))["body"]["number"] for order in orders]
    assert numbers == sorted(numbers)
    assert await bed.rows("ceebus.waiting") == []


async def test_an_operators_release_is_seen_without_the_sweep(bed: Bed) -> None:
    """CEE's outbox names the partner; only what waits for it is looked at."""
    await bed.cee.execute("update cee.partner set status = 'blocked' where number = $1", bed.p1)
    order = bed.order()
    await bed.apply(order)
    await bed.round()
    bed.releaser._turns[bed.channel] = (99, 0)  # the sweep stands behind everything
    await bed.cee.execute("update cee.partner set status = 'released' where number = $1", bed.p1)
    bed.releaser._outbox_moved = True
    await bed.round()
    assert await bed.said(order) == ("imported", None)


async def test_nothing_new_is_said_while_nothing_changes(bed: Bed) -> None:
    visit = bed.visit(partner="nobody")
    await bed.apply(visit, bed.again(visit))
    (before,) = await bed.rows("ceebus.waiting", "xmin, *")
    for _ in range(3):
        await bed.round()
    assert await bed.answers(visit) == [(1, "waiting", "partner_missing", False)]
    (after,) = await bed.rows("ceebus.waiting", "xmin, *")
    assert after == before, "the row was not even written"


async def test_a_newer_revision_takes_the_waiting_ones_place(bed: Bed) -> None:
    source = str(uuid4())
    first, third = bed.visit(source, partner="nobody"), bed.visit(source, 3, status="pending")
    second, fourth = bed.visit(source, 2), bed.visit(source, 4, name="Czwarta")
    await bed.apply(first)
    await bed.apply(third)
    assert await bed.answers(first) == [(1, "waiting", "partner_missing", False), (2, "unchanged", "superseded", True)]
    await bed.apply(second)
    assert await bed.answers(second) == [(1, "unchanged", "superseded", True)], "it came too late"
    await bed.apply(fourth)
    assert (await bed.said(third), await bed.said(fourth)) == (("unchanged", "superseded"), ("imported", None))
    await bed.apply(bed.again(first))
    assert await bed.said(first) == ("unchanged", "superseded")
    assert await bed.rows("ceebus.waiting") == []


async def test_a_visit_s_end_that_came_before_its_plan_waits_for_it(bed: Bed) -> None:
    """However late the plan comes, and whatever it waits for itself; an end never opens the gate alone."""
    source = str(uuid4())
    end, plan = bed.visit(source, 2, status="completed"), bed.visit(source, partner="nobody")
    await bed.apply(end)
    await bed.round()
    assert await bed.said(end) == ("waiting", "visit_not_confirmed")
    await bed.apply(plan)
    assert await bed.said(plan) == ("waiting", "partner_missing")
    await bed.cee.execute("update cee.partner set number = 'nobody' where number = $1", bed.p2)
    for _ in range(3):
        await bed.round()
    assert [await bed.said(visit) for visit in (plan, end)] == [("imported", None)] * 2
    assert [row["status"] for row in await bed.rows("cee.visit", "status")] == ["completed"]
    assert await bed.rows("ceebus.waiting") == []


async def test_two_senders_wait_for_the_same_and_both_are_answered(bed: Bed) -> None:
    source = str(uuid4())
    own, other = (bed.visit(source, status="pending", sender=sender) for sender in ("device/d1", "device/d2"))
    await bed.apply(own, other)
    confirmed = bed.visit(source, 2)
    await bed.apply(confirmed)
    assert (await bed.said(own), await bed.said(other), await bed.said(confirmed)) == (
        ("unchanged", "superseded"),
        ("unchanged", "superseded"),
        ("imported", None),
    )


async def test_a_foreign_epoch_replaces_nothing_that_waits(bed: Bed) -> None:
    source = str(uuid4())
    waiting, foreign = bed.visit(source, status="pending"), bed.visit(source, 2, state="foreign_epoch")
    await bed.apply(waiting, foreign)
    assert (await bed.said(waiting), await bed.said(foreign)) == (("waiting", "visit_not_confirmed"), ("conflict", "epoch_changed"))


async def test_an_operator_gives_an_upload_up(bed: Bed) -> None:
    visit = bed.visit(status="pending")
    await bed.apply(visit)
    await bed.want(visit, "discard", "Pomyłka")
    await bed.round()
    answer = await bed.last(visit)
    assert (answer["outcome"], answer["code"], answer["final"]) == ("rejected", "visit_not_confirmed", True)
    assert answer["params"]["discarded"] == "Pomyłka"
    await bed.apply(bed.again(visit))
    assert len(await bed.answers(visit)) == 2, "the repeat gets the same answer"
    assert await bed.rows("cee.visit") == []


async def test_a_wish_is_fulfilled_once(bed: Bed) -> None:
    """The process died after its commit and before the row was dropped: the wish must not meet the next upload."""
    visit = bed.visit(status="pending")
    source = source_of(visit)
    await bed.apply(visit)
    await bed.want(visit, "discard")
    (row,) = await bed.ours.fetch("select * from ceebus.wanted where channel = $1", bed.channel)
    await bed.round()
    next_one = bed.visit(source, 2, status="pending")
    await bed.apply(next_one)
    names = ", ".join(row.keys())
    places = ", ".join(f"${i}" for i in range(1, len(row) + 1))
    await bed.ours.execute(f"insert into ceebus.wanted({names}) values({places})", *row.values())
    await bed.round()
    assert await bed.said(next_one) == ("waiting", "visit_not_confirmed")
    assert await bed.ours.fetch("select from ceebus.wanted where channel = $1", bed.channel) == []


async def test_a_wish_that_nobody_understands_is_dropped(bed: Bed) -> None:
    sql = "insert into ceebus.wanted(channel, kind, key, action) values($1, 'import/visits', 'no uuid', 'retry')"
    await bed.ours.execute(sql, bed.channel)
    await bed.round()
    assert await bed.ours.fetch("select from ceebus.wanted where channel = $1", bed.channel) == []


async def test_a_partner_with_a_warning_waits_for_its_confirmation(bed: Bed) -> None:
    await bed.settings(confirm_warnings=False)
    first = bed.partner(tax_id="5260001246", name="Pierwszy")
    twin = bed.partner(tax_id="526-000-12-46", name="Drugi")
    await bed.apply(first, twin)
    assert (await bed.said(first), await bed.said(twin)) == (("imported", None), ("waiting", "warning_not_confirmed"))
    await bed.want(twin, "confirm")
    await bed.round()
    answer = await bed.last(twin)
    assert (answer["outcome"], answer["final"]) == ("imported", True)
    assert [warning["code"] for warning in answer["body"]["warnings"]] == ["duplicate_tax_id_warning"]


async def test_edits_of_a_partner_stand_in_line(bed: Bed) -> None:
    """The first edit can't be written yet; the second one must not overtake it, whatever its source_id."""
    await bed.cee.execute(refusing("cee.partner", f"new.number = '{bed.p1}' and new.name = 'Raz'"))
    version = await bed.cee.fetchval("select version from cee.partner where number = $1", bed.p1)
    base = {"name": "Sklep P1"}
    edits = [bed.partner(number=bed.p1, name=name, base=base, base_version=version) for name in ("Raz", "Dwa")]
    other = bed.partner(number=bed.p2, name="Trzy", base={"name": "Sklep P2"}, base_version=version)
    await bed.apply(*edits, other)
    assert [await bed.said(edit) for edit in edits] == [("waiting", "delivery_failed")] * 2
    assert await bed.said(other) == ("imported", None), "another partner's edit is not in that line"
    await bed.cee.execute("drop trigger test_refuse on cee.partner")
    await bed.round()
    assert [await bed.said(edit) for edit in edits] == [("waiting", "delivery_failed")] * 2, "its time has not come"
    await bed.cee.execute("update ceebus.waiting set next_at = now()")
    await bed.round()
    assert await bed.said(edits[0]) == ("imported", None)
    assert (await bed.said(edits[1]))[0] in ("imported", "conflict")
    order = await bed.rows("ceebus.answer", "id, upload_id, final")
    finals = [str(row["upload_id"]) for row in sorted(order, key=lambda row: row["id"]) if row["final"]]
    places = [finals.index(dict(edit.headers)["ce_id"].decode()) for edit in edits]
    assert places == sorted(places)
