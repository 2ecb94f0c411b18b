"""Failed deliveries of one state are attempts, until the channel's limit; anything new, and an operator, begins anew (domain.md 6, 7.2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import orjson
import pytest

from services.control.due import SQL as OPERATOR
from services.feed.outcomes import state_of
from tests.integration.feed_bed import Bed, Written, feed_bed, of_run
from tests.stack import Databases

BODY = {"key": "K1", "member": True, "version": 4, "name": "Budmax", "as_of": "2026-11-24T12:00:00Z"}


@pytest.fixture
async def bed(databases: Databases, channel: str) -> AsyncIterator[Bed]:
    async with feed_bed(databases.ours, channel) as made:
        made.max_attempts = 3
        yield made


def failed(bed: Bed, objectversion: int, code: str = "delivery_failed", **changed: Any) -> Written:
    outcome = "waiting" if code in ("delivery_failed", "content_missing") else "quarantined"
    entry = bed.log.outcome("partners", "K1", objectversion, outcome, code, error="Unforeseen: by design")
    return replace(entry, value=orjson.dumps(BODY | changed))


async def due(bed: Bed) -> tuple[Any, ...]:
    (row,) = await bed.rows("due")
    return row["objectversion"], row["outcome"], row["code"], row["attempts"], row["exhausted"]


async def test_a_republish_that_fails_counts_on_until_it_is_exhausted(bed: Bed) -> None:
    await bed.apply(failed(bed, 10))
    assert await due(bed) == (10, "waiting", "delivery_failed", 1, False)
    await bed.apply(failed(bed, 20, as_of="2026-11-24T13:00:00Z"))
    assert await due(bed) == (20, "waiting", "delivery_failed", 2, False)
    run = uuid4()
    await bed.apply(*of_run(run, failed(bed, 30)))
    assert await due(bed) == (30, "quarantined", "attempts_exhausted", 3, True)
    (row,) = await bed.rows("due")
    assert row["params"] == {"count": 3, "error": "Unforeseen: by design"}
    assert await bed.tally(run) == {("partners", "quarantined", "attempts_exhausted"): 1}
    assert await bed.listed(run) == [("K1", "quarantined", "attempts_exhausted", row["params"])]
    await bed.apply(failed(bed, 40))
    assert await due(bed) == (40, "quarantined", "attempts_exhausted", 4, True)


@pytest.mark.parametrize("changed", [{"version": 5}, {"name": "Budmax 2"}], ids=["version", "content"])
async def test_a_new_state_starts_anew(bed: Bed, changed: dict[str, Any]) -> None:
    await bed.apply(failed(bed, 10), failed(bed, 11))
    await bed.apply(failed(bed, 20))
    await bed.apply(failed(bed, 30))
    assert (await due(bed))[3:] == (3, True)
    await bed.apply(failed(bed, 40, **changed))
    assert await due(bed) == (40, "waiting", "delivery_failed", 1, False)


async def test_an_operators_retry_starts_anew(bed: Bed) -> None:
    for objectversion in (10, 20, 30):
        await bed.apply(failed(bed, objectversion))
    await bed.ours.execute(OPERATOR.unexhaust, bed.channel, ["partners"], ["K1"])
    await bed.apply(failed(bed, 40))
    assert await due(bed) == (40, "waiting", "delivery_failed", 1, False)


async def test_waiting_and_refusals_are_no_attempts(bed: Bed) -> None:
    for objectversion, code in ((10, "content_missing"), (20, "field_invalid"), (30, "field_invalid"), (40, "field_invalid")):
        await bed.apply(failed(bed, objectversion, code))
        assert (await due(bed))[2:] == (code, 0, False)
    await bed.apply(failed(bed, 50))
    assert (await due(bed))[3] == 1


async def test_a_delivery_ends_what_had_failed(bed: Bed) -> None:
    await bed.apply(failed(bed, 10), bed.log.upsert("partners", "K1", 20, op="deactivate", number="K1", name="Budmax"))
    assert await bed.rows("due") == []
    await bed.apply(failed(bed, 15))
    assert await bed.rows("due") == [], "that version has been delivered"


async def test_what_waits_for_a_parent_has_been_delivered_as_far_as_attempts_go(bed: Bed) -> None:
    entry = replace(bed.log.outcome("articles", "A1", 10, "waiting", "delivery_failed"), value=orjson.dumps(BODY))
    await bed.apply(entry, bed.log.article("A1", 20))
    (row,) = await bed.rows("due")
    assert (row["code"], row["attempts"], row["state"]) == ("reference_missing", 0, None)


async def test_the_first_failure_is_the_last_where_one_attempt_is_allowed(bed: Bed) -> None:
    bed.max_attempts = 1
    await bed.apply(failed(bed, 10))
    assert await due(bed) == (10, "quarantined", "attempts_exhausted", 1, True)


def test_a_state_is_content_and_version_not_the_moment_of_reading() -> None:
    value = orjson.dumps(BODY)
    assert state_of(value) == state_of(orjson.dumps(dict(reversed((BODY | {"as_of": "later", "changed_at": "now"}).items()))))
    others = [state_of(orjson.dumps(BODY | changed)) for changed in ({"version": 5}, {"name": "x"}, {"member": False})]
    odd = [state_of(odd) for odd in (None, b"", b"[]", b"{", b"\xff")]
    assert len({state_of(value), *others, *odd}) == 8
