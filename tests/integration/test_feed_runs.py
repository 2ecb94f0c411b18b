"""What runs are told of their records by the feed: counted once with the effect, named where they are not plainly done."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from services.kernel import tally
from services.kernel.lane import LaneFailed
from tests.integration.feed_bed import Bed, feed_bed, of_run
from tests.stack import Databases


@pytest.fixture
async def bed(databases: Databases, channel: str) -> AsyncIterator[Bed]:
    async with feed_bed(databases.ours, channel) as made:
        yield made


@pytest.fixture
def run() -> UUID:
    return uuid4()


async def test_each_record_of_a_run_has_one_outcome(bed: Bed, run: UUID) -> None:
    same, old = bed.log.unit("same", 5), bed.log.unit("old", 9)
    gone, left = bed.log.unit("gone", 1), bed.log.article("A1", 1)
    await bed.apply(*bed.log.basics(), same, old, gone, left)
    records = [
        *(bed.log.unit("new", 7), bed.log.again(same, ("ce_objectversion", b"7")), bed.log.unit("old", 7)),
        *(bed.log.delete("master-data", "units/gone", 7), bed.log.delete("master-data", "units/never", 7)),
        *(bed.log.unit("twice", 6), bed.log.unit("twice", 7)),
        *(bed.log.gone("articles", "A1", 7), bed.log.article("A2", 7), bed.log.price("C1", "A1", 7)),
        bed.log.outcome("availability", "A1/W/O", 7, "unchanged", "filtered", rule="stock_managed"),
        bed.log.outcome("articles", "A2", 7, "warning", "ean_invalid", value="1", article="A2"),
        bed.log.outcome("partners", "K1", 7, "quarantined", "field_missing", field="name"),
        bed.log.outcome("partners", "K2", 7, "rejected", "channel_unknown", value="X"),
        bed.log.outcome("attachments", "a1", 7, "waiting", "content_missing", name="x.jpg"),
    ]
    await bed.apply(*of_run(run, *records))
    assert await bed.tally(run) == {
        ("master-data", "sent", ""): 2,
        ("master-data", "unchanged", ""): 2,
        ("master-data", "unchanged", "already_transferred"): 1,
        ("master-data", "unchanged", "superseded"): 1,
        ("master-data", "removed", ""): 1,
        ("articles", "removed", ""): 1,
        ("articles", "sent", ""): 1,
        ("articles", "warning", "ean_invalid"): 1,
        ("price-lists", "waiting", "reference_missing"): 1,
        ("availability", "filtered", "filtered"): 1,
        ("partners", "quarantined", "field_missing"): 1,
        ("partners", "rejected", "channel_unknown"): 1,
        ("attachments", "waiting", "content_missing"): 1,
    }
    assert await bed.listed(run) == [
        ("A1/W/O", "filtered", "filtered", {"rule": "stock_managed"}),
        ("A2", "warning", "ean_invalid", {"value": "1", "article": "A2"}),
        ("C1/A1/szt/0/2026-01-01", "waiting", "reference_missing", {"ref": "price-lists/C1", "count": 1}),
        ("K1", "quarantined", "field_missing", {"field": "name"}),
        ("K2", "rejected", "channel_unknown", {"value": "X"}),
        ("a1", "waiting", "content_missing", {"name": "x.jpg"}),
    ]


async def test_records_of_no_run_and_unreadable_runs_are_counted_by_nobody(bed: Bed) -> None:
    before = await bed.ours.fetchval("select count(*) from ceebus.run_tally")
    strange = bed.log.again(bed.log.unit("kg"), ("ce_runid", b"yesterday"))
    await bed.apply(bed.log.unit("szt"), strange, bed.log.outcome("partners", "K1", 7, "rejected", "kind_unknown"))
    assert await bed.live("master-data") == ["units/szt", "units/kg"]
    assert await bed.ours.fetchval("select count(*) from ceebus.run_tally") == before


async def test_what_the_feed_cannot_read_counts_for_its_run(bed: Bed, run: UUID) -> None:
    (broken,) = of_run(run, bed.log.add(bed.log.unit("x").topic, b"units/json", b"{", bed.log.unit("y").headers))
    await bed.apply(broken)
    assert await bed.tally(run) == {("master-data", "quarantined", "malformed"): 1}


async def test_what_is_rolled_back_was_not_counted(bed: Bed, run: UUID) -> None:
    """A zombie's transaction fails at the offset row; its successor counts the same records."""
    records = of_run(run, bed.log.unit("szt"), bed.log.outcome("partners", "K1", 7, "quarantined", "field_missing"))
    zombie = bed.another()
    await zombie.marks.take_over({(records[0].topic, 0): (0, 1 << 40), (records[1].topic, 0): (0, 1 << 40)})
    await bed.apply(*records)
    for record in records:
        with pytest.raises(LaneFailed):
            await zombie.apply_batch([record])
    await zombie.work.close()
    assert await bed.tally(run) == {("master-data", "sent", ""): 1, ("partners", "quarantined", "field_missing"): 1}


async def test_a_state_that_a_run_sent_twice_counts_once(bed: Bed, run: UUID) -> None:
    """The exporter died between the broker's answer and its commit."""
    first = bed.log.unit("szt", 5)
    await bed.apply(*of_run(run, first))
    await bed.apply(*of_run(run, bed.log.again(first)))
    await bed.apply(*of_run(run, bed.log.delete("master-data", "units/szt", 6)))
    await bed.apply(*of_run(run, bed.log.delete("master-data", "units/szt", 6)))
    kg = bed.log.unit("kg", 5)
    await bed.apply(*of_run(run, kg, bed.log.again(kg)))
    assert await bed.tally(run) == {("master-data", "sent", ""): 2, ("master-data", "removed", ""): 1}


async def test_what_waited_and_went_on_is_counted_as_sent(bed: Bed, run: UUID) -> None:
    await bed.apply(*of_run(run, bed.log.article("A1", 3), bed.log.article("A2", 3)))
    assert await bed.tally(run) == {("articles", "waiting", "reference_missing"): 2}
    assert [key for key, *_ in await bed.listed(run)] == ["A1", "A2"]
    await bed.apply(*bed.log.basics())
    await bed.release()
    assert await bed.live("articles") == ["A1", "A2"]
    assert await bed.tally(run) == {("articles", "sent", ""): 2}
    assert await bed.listed(run) == []


async def test_a_category_that_was_sent_without_an_article_is_counted_once(bed: Bed, run: UUID) -> None:
    await bed.apply(*of_run(run, bed.log.category("ROOT", 3, articles=["A1"])))
    assert await bed.tally(run) == {("article-categories", "sent", ""): 1}
    await bed.apply(*bed.log.basics(), bed.log.article("A1"))
    assert await bed.release() == 1
    assert await bed.tally(run) == {("article-categories", "sent", ""): 1}


async def test_figures_that_were_forgotten_do_not_come_back(bed: Bed, run: UUID) -> None:
    await bed.apply(*of_run(run, bed.log.article("A1", 3)))
    await bed.ours.execute("delete from ceebus.run_tally where run = $1", run)
    await bed.apply(*bed.log.basics())
    assert await bed.live("articles") == ["A1"]
    assert await bed.ours.fetch("select * from ceebus.run_tally where run = $1", run) == []


async def test_only_so_many_are_named_and_all_are_counted(bed: Bed, run: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "LISTED", 3)
    for first in (0, 2, 4):
        entries = [bed.log.outcome("partners", f"K{first + n}", 7, "quarantined", "field_missing") for n in range(2)]
        await bed.apply(*of_run(run, *entries, bed.log.outcome("partners", f"K{first}", 7, "rejected", "kind_unknown")))
    assert await bed.tally(run) == {("partners", "quarantined", "field_missing"): 6, ("partners", "rejected", "kind_unknown"): 3}
    named = [(key, code) for key, _, code, _ in await bed.listed(run)]
    assert [key for key, code in named if code == "field_missing"] == ["K0", "K1", "K2"]
    assert [key for key, code in named if code == "kind_unknown"] == ["K0", "K2", "K4"]


async def test_a_forced_run_sends_what_devices_have_once_more(bed: Bed, run: UUID) -> None:
    szt = bed.log.unit("szt", 5)
    await bed.apply(szt, bed.log.unit("kg", 5))
    again = bed.log.again(szt, ("ce_objectversion", b"7"))
    await bed.apply(*of_run(run, again))
    assert (await bed.row("master-data", "units/szt"))["position"] == 1
    forced = uuid4()
    await bed.apply(*of_run(forced, bed.log.again(again), force=True))
    row = await bed.row("master-data", "units/szt")
    assert (row["position"], row["objectversion"], row["run"], row["body"]) == (3, 7, forced, szt.value)
    assert await bed.tally(forced) == {("master-data", "sent", ""): 1}
    assert await bed.tally(run) == {("master-data", "unchanged", ""): 1}
    await bed.apply(*of_run(forced, bed.log.again(again), force=True))
    assert (await bed.row("master-data", "units/szt"))["position"] == 3, "a run forces a state once, however often it is delivered"
    assert await bed.tally(forced) == {("master-data", "sent", ""): 1}


async def test_a_forced_run_brings_nothing_older_back(bed: Bed, run: UUID) -> None:
    new = bed.log.unit("szt", 9)
    await bed.apply(new)
    await bed.apply(*of_run(run, bed.log.unit("szt", 5), force=True))
    assert ((await bed.row("master-data", "units/szt"))["position"], await bed.last()) == (1, 1)
    assert await bed.tally(run) == {("master-data", "unchanged", "already_transferred"): 1}
