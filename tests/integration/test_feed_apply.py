"""What becomes of a record in the feed: guard, hash, audience, removals, the due list, and records nobody can read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from services.feed.audience import who_left
from tests.integration.feed_bed import Bed, feed_bed
from tests.stack import Databases


@pytest.fixture
async def bed(databases: Databases, channel: str) -> AsyncIterator[Bed]:
    async with feed_bed(databases.ours, channel) as made:
        yield made


async def test_a_record_becomes_a_row_with_the_bytes_that_travelled(bed: Bed) -> None:
    record = bed.log.unit("szt", 5)
    await bed.apply(record)
    row = await bed.row("master-data", "units/szt")
    assert (row["position"], row["objectversion"], row["version"], row["body"]) == (1, 5, 5, record.value)
    assert (row["op"], row["removed"], row["audience"], row["event_at"].isoformat()) == ("upsert", False, None, "2026-11-24T12:00:00+00:00")


async def test_equal_content_moves_the_version_and_no_device(bed: Bed) -> None:
    await bed.apply(bed.log.unit("szt", 5), bed.log.unit("kg", 5))
    same = replace(bed.log.unit("szt", 5), headers=bed.log.unit("szt", 9).headers[:2] + bed.log.unit("szt", 5).headers[2:])
    await bed.apply(same)
    row = await bed.row("master-data", "units/szt")
    assert (row["objectversion"], row["position"], await bed.last()) == (9, 1, 2)


async def test_an_older_version_changes_nothing(bed: Bed) -> None:
    new, old = bed.log.unit("szt", 9), bed.log.unit("szt", 5)
    await bed.apply(new)
    await bed.apply(old)
    assert ((await bed.row("master-data", "units/szt"))["body"], await bed.last()) == (new.value, 1)


async def test_batch_with_a_key_twice(bed: Bed) -> None:
    """T38: the newest version of a key wins before the statement."""
    await bed.apply(bed.log.unit("szt", 2), bed.log.unit("kg", 1), bed.log.unit("szt", 4), bed.log.unit("szt", 3))
    assert (await bed.row("master-data", "units/szt"))["objectversion"] == 4
    assert await bed.shown() == [(1, "master-data", "units/kg"), (2, "master-data", "units/szt")]


async def test_a_removal_leaves_a_marker_for_those_who_had_the_row(bed: Bed) -> None:
    await bed.apply(
        bed.log.upsert("master-data", "units/szt", 1, ["R1"], dictionary="units"), bed.log.delete("master-data", "units/szt", 2)
    )
    await bed.apply(bed.log.delete("master-data", "units/szt", 3))
    row = await bed.row("master-data", "units/szt")
    assert row is not None
    assert (row["removed"], row["position"], row["objectversion"]) == (True, 0, 3), (
        "never shown: no device saw a version before the removal"
    )
    await bed.apply(bed.log.upsert("master-data", "units/kg", 1, ["R1"], dictionary="units"))
    await bed.apply(bed.log.delete("master-data", "units/kg", 2))
    row = await bed.row("master-data", "units/kg")
    assert (row["removed"], row["body"], row["op"], row["audience"], row["position"]) == (True, None, "delete", ["R1"], 2)


async def test_a_removal_of_an_unknown_key_is_not_sent_but_stops_what_is_older(bed: Bed) -> None:
    await bed.apply(bed.log.delete("master-data", "units/szt", 7))
    await bed.apply(bed.log.unit("szt", 6))
    assert await bed.shown() == []
    await bed.apply(bed.log.unit("szt", 8))
    row = await bed.row("master-data", "units/szt")
    assert (row["removed"], row["position"], row["left_audience"]) == (False, 1, None)


async def test_what_returns_after_a_removal_is_sent_again(bed: Bed) -> None:
    await bed.apply(bed.log.unit("szt", 1))
    await bed.apply(bed.log.delete("master-data", "units/szt", 2))
    await bed.apply(bed.log.unit("szt", 3))
    row = await bed.row("master-data", "units/szt")
    assert (row["removed"], row["position"]) == (False, 3)


@pytest.mark.parametrize(
    ("before", "left", "now", "expected"),
    [
        (None, None, None, None),
        (("A",), None, None, None),
        (("A",), ("B",), None, None),
        (None, None, ("A",), ("*",)),
        (("A", "B"), None, ("B", "C"), ("A",)),
        (("A",), ("B",), ("C",), ("A", "B")),
        (("A",), ("B",), ("A", "B"), None),
        (("A",), ("*",), ("B",), ("*",)),
        (("A",), None, (), ("A",)),
    ],
)
def test_who_loses_a_row_is_told(before: Any, left: Any, now: Any, expected: Any) -> None:
    assert who_left(before, left, now) == expected


async def test_an_audience_alone_gives_the_same_content_a_new_position(bed: Bed) -> None:
    await bed.apply(bed.log.upsert("master-data", "units/szt", 1, ["R2", "R1"], dictionary="units"))
    await bed.apply(bed.log.upsert("master-data", "units/szt", 1, ["R1", "R2"], dictionary="units"))
    assert await bed.last() == 1
    await bed.apply(bed.log.upsert("master-data", "units/szt", 1, ["R2", "R3"], dictionary="units"))
    row = await bed.row("master-data", "units/szt")
    assert (row["audience"], row["left_audience"], row["position"]) == (["R2", "R3"], ["R1"], 2)
    assert row["left_at"] is not None
    await bed.apply(bed.log.upsert("master-data", "units/szt", 1, dictionary="units"))
    row = await bed.row("master-data", "units/szt")
    assert (row["audience"], row["left_audience"], row["left_at"], row["position"]) == (None, None, None, 3)
    await bed.apply(bed.log.upsert("master-data", "units/szt", 1, [], dictionary="units"))
    row = await bed.row("master-data", "units/szt")
    assert (row["audience"], row["left_audience"], row["position"]) == ([], ["*"], 4)


async def test_a_refused_version_is_due_with_its_bytes_until_a_later_record(bed: Bed) -> None:
    await bed.apply(
        bed.log.unit("szt", 1), bed.log.outcome("master-data", "units/szt", 2, "quarantined", "field_invalid", field="name", value="\x00")
    )
    (due,) = await bed.rows("due")
    assert (due["objectversion"], due["code"], due["value"], due["params"]) == (
        2,
        "field_invalid",
        b'{"as":"it came"}',
        {"field": "name", "value": "�"},
    )
    assert (due["topic"], due["topic_partition"], due["topic_offset"]) == (f"cee.{due['topic'].split('.')[1]}.master-data", 2, 7)
    assert ["ce_objectversion", "2"] in due["headers"]
    await bed.apply(bed.log.outcome("master-data", "units/szt", 2, "quarantined", "field_invalid", field="name"))
    assert [(row["attempts"], row["objectversion"], row["exhausted"]) for row in await bed.rows("due")] == [(0, 2, False)]
    await bed.apply(bed.log.unit("szt", 2))
    assert await bed.rows("due") == []
    await bed.apply(bed.log.outcome("master-data", "units/szt", 2, "quarantined", "field_invalid"))
    assert await bed.rows("due") == [], "that version has been delivered"


async def test_a_final_outcome_is_in_the_ledger_and_ends_what_was_due(bed: Bed) -> None:
    await bed.apply(
        bed.log.outcome("attachments", "a1", 2, "quarantined", "note_too_long"),
        bed.log.outcome("articles", "A1", 5, "warning", "ean_invalid"),
    )
    await bed.apply(bed.log.outcome("attachments", "a1", 3, "unchanged", "duplicate_attachment", owner="A1"))
    assert await bed.rows("due") == []
    assert [(row["kind"], row["code"]) for row in await bed.rows("ledger")] == [
        ("articles", "ean_invalid"),
        ("attachments", "duplicate_attachment"),
    ]
    await bed.apply(*bed.log.basics(), bed.log.article("A1", 5))
    assert len(await bed.rows("ledger")) == 2, "the warning is about the delivered version"
    await bed.apply(bed.log.article("A1", 6, weight="1"))
    assert [row["kind"] for row in await bed.rows("ledger")] == ["attachments"]


async def test_what_nobody_can_read_is_parked_and_stops_nobody(bed: Bed) -> None:
    topic = bed.log.unit("x").topic
    strange = [
        bed.log.add(topic, b"units/json", b"{", bed.log.unit("y").headers),
        bed.log.add(topic, b"units/list", b"[]", bed.log.unit("y").headers),
        bed.log.add(topic, b"units/headers", b"{}", []),
        bed.log.add(topic, b"units/" + b"long" * 2000, b"{}", bed.log.unit("y").headers),
        bed.log.add(topic, b"units/\x00", b"{}", bed.log.unit("y").headers),
        bed.log.add(topic, b"\xff\xfe", b"{}", bed.log.unit("y").headers),
        bed.log.add(topic, b"units/time", b"{}", [*bed.log.unit("y").headers, ("ce_time", b"noon")]),
        bed.log.add(topic, b"units/op", b"{}", [*bed.log.unit("y").headers, ("ce_op", b"vanish")]),
        bed.log.add(topic, b"units/version", b"{}", [*bed.log.unit("y").headers, ("ce_objectversion", b"9" * 30)]),
        bed.log.add(topic, b"units/reps", b"{}", [*bed.log.unit("y").headers, ("ce_audience", b'[1,"a"]')]),
    ]
    await bed.apply(*strange, bed.log.unit("szt"))
    assert await bed.live("master-data") == ["units/szt"]
    due = await bed.rows("due")
    assert len(due) == len(strange)
    assert {row["code"] for row in due} == {"malformed"}
    assert {row["value"] for row in due} == {b"{", b"[]", b"{}"}


async def test_a_reference_that_no_key_can_be_makes_its_record_wait(bed: Bed) -> None:
    await bed.apply(*bed.log.basics(), bed.log.price("C1", "\x00" * 5), bed.log.price_list("C1"))
    assert [row["code"] for row in await bed.rows("due")] == ["malformed"], "the key itself holds the NUL"
    await bed.apply(bed.log.upsert("price-lists", "C1/A1/szt/0/x", 1, record="price", list="C1", article="A\x00" * 300, unit="szt"))
    assert [row["key"] for row in await bed.rows("waiting")] == ["C1/A1/szt/0/x"]
