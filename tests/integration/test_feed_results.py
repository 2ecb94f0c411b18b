"""Answers on results.<ch>: each reaches its sender's feed and the list of uploads, once, and the last one stands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from schemas import topics
from schemas.export.results import ImportResult, key_of, result_headers, written
from services.feed.housekeeping import KEEP_ANSWERS, forget_answers
from services.feed.store import Store
from services.kernel.lane import LaneFailed
from services.kernel.settings import Settings
from tests.integration.feed_bed import Bed, Written, feed_bed
from tests.integration.feed_broker import own_settings, publish, publish_channel, running
from tests.stack import Databases, eventually

PHONE, OTHER = "device/D1", "device/D2"
ARRIVED = "2026-11-24T12:00:00.000Z"


@pytest.fixture
async def bed(databases: Databases, channel: str) -> AsyncIterator[Bed]:
    async with feed_bed(databases.ours, channel) as made:
        yield made


def said(channel: str, source: UUID, attempt: int = 1, **fields: Any) -> ImportResult:
    """An answer about a document; final unless it waits."""
    outcome, sender, revision = fields.pop("outcome", "imported"), fields.pop("sender", PHONE), fields.pop("revision", 1)
    values = {
        "channel": channel,
        "key": key_of(sender, str(source), revision),
        "sender": sender,
        "upload_kind": "documents",
        "source_id": str(source),
        "revision": revision,
        "upload_id": str(source),
        "attempt": attempt,
        "final": outcome not in ("waiting", "quarantined"),
        "outcome": outcome,
        "at": "2026-11-24T12:00:01.000Z",
    }
    return ImportResult.model_validate(values | fields)


def answer(bed: Bed, source: UUID, attempt: int = 1, **fields: Any) -> Written:
    result = said(bed.channel, source, attempt, **fields)
    value, digest = written(result)
    return bed.log.add(topics.results(bed.channel), result.key.encode(), value, result_headers(result, digest, ARRIVED))


async def uploads(bed: Bed) -> list[tuple[str, int, bool]]:
    query = "select outcome, attempt, final from ceebus.upload where channel = $1 order by answered_at, attempt, sender"
    return [tuple(row) for row in await bed.ours.fetch(query, bed.channel)]


async def test_an_answer_is_its_sender_s_row_of_the_feed_and_a_line_of_the_list(bed: Bed) -> None:
    source = uuid4()
    warned = [{"code": "price_outdated", "params": {"position": 1}, "messages": {"pl": "p", "de": "d", "en": "e"}}]
    await bed.apply(answer(bed, source, number="ZS/1", warnings=warned))
    row = await bed.row("results", key_of(PHONE, str(source), 1))
    assert (row["audience"], row["position"], row["objectversion"], row["removed"]) == ([PHONE], 1, 1, False)
    assert orjson.loads(row["body"])["number"] == "ZS/1"
    upload = await bed.ours.fetchrow("select * from ceebus.upload where channel = $1", bed.channel)
    assert upload is not None
    assert (upload["kind"], upload["source_id"], upload["sender"], upload["number"]) == ("documents", source, PHONE, "ZS/1")
    assert (upload["received_at"] < upload["answered_at"], upload["answered_at"]) == (True, upload["final_at"])
    assert upload["warnings"][0]["code"] == "price_outdated"


async def test_a_later_answer_replaces_the_one_before_and_moves_to_the_feed_s_end(bed: Bed) -> None:
    source, other = uuid4(), uuid4()
    await bed.apply(answer(bed, source, outcome="waiting", code="partner_missing", params={"partner": "x"}), answer(bed, other))
    await bed.apply(answer(bed, source, 2))
    assert [key for _, _, key in await bed.shown()] == [key_of(PHONE, str(other), 1), key_of(PHONE, str(source), 1)]
    assert sorted(await uploads(bed)) == [("imported", 1, True), ("imported", 2, True)]


async def test_repeated_deliveries_change_nothing(bed: Bed) -> None:
    first, second = answer(bed, source := uuid4(), outcome="waiting", code="partner_missing"), answer(bed, source, 2)
    await bed.apply(first, second)
    before = (await bed.shown(), await uploads(bed), await bed.last())
    for again in (first, second, first):
        await bed.apply(replace(again, offset=bed.log.add(again.topic, again.key, again.value, again.headers).offset))
    assert (await bed.shown(), await uploads(bed), await bed.last()) == before
    assert await bed.rows("stale") == await bed.rows("wanted") == [], "there is nobody who could publish an answer again"


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two"])
async def test_a_final_answer_is_never_taken_back_by_an_interim_one(bed: Bed, together: bool) -> None:
    source = uuid4()
    final, interim = answer(bed, source, 1), answer(bed, source, 2, outcome="waiting", code="partner_missing")
    if together:
        await bed.apply_batch([final, interim])
    else:
        await bed.apply_batch([final])
        await bed.apply_batch([interim])
    assert await uploads(bed) == [("imported", 1, True)]
    assert orjson.loads((await bed.row("results", key_of(PHONE, str(source), 1)))["body"])["final"] is True


async def test_the_same_upload_of_two_devices_is_answered_to_each(bed: Bed) -> None:
    source = uuid4()
    await bed.apply(answer(bed, source), answer(bed, source, sender=OTHER, outcome="unchanged", code="already_imported"))
    assert [(await bed.row("results", key_of(sender, str(source), 1)))["audience"] for sender in (PHONE, OTHER)] == [[PHONE], [OTHER]]
    assert sorted(await uploads(bed)) == [("imported", 1, True), ("unchanged", 1, True)]


async def test_two_contents_under_one_revision_are_two_uploads_and_the_newest_answer_is_shown(bed: Bed) -> None:
    """A restored device numbers its revisions anew."""
    source, again = uuid4(), str(uuid4())
    conflict = answer(bed, source, 2, upload_id=again, outcome="conflict", code="content_conflict")
    await bed.apply(answer(bed, source), conflict)
    assert sorted(await uploads(bed)) == [("conflict", 2, True), ("imported", 1, True)]
    assert orjson.loads((await bed.row("results", key_of(PHONE, str(source), 1)))["body"])["outcome"] == "conflict"


def _without_attempt(record: Written) -> Written:
    return replace(record, value=orjson.dumps({k: v for k, v in orjson.loads(record.value or b"").items() if k != "attempt"}))


WRONG = {
    "no JSON": lambda record: replace(record, value=b"{"),
    "a tombstone": lambda record: replace(record, value=None),
    "a field missing": _without_attempt,
    "another key": lambda record: replace(record, key=b"device/D2/x/1"),
    "another number": lambda record: replace(record, headers=[*record.headers, ("ce_objectversion", b"7")]),
    "no number": lambda record: replace(record, headers=[]),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_what_can_t_be_read_is_parked_and_stops_nobody(bed: Bed, wrong: str) -> None:
    broken, good = WRONG[wrong](answer(bed, uuid4())), answer(bed, uuid4())
    await bed.apply_batch([broken, good])
    assert await uploads(bed) == [("imported", 1, True)]
    [due] = await bed.rows("due")
    assert (due["kind"], due["code"], due["value"], due["topic"]) == ("results", "malformed", broken.value, topics.results(bed.channel))


async def test_nul_in_a_param_is_kept_where_json_can_keep_it(bed: Bed) -> None:
    source = uuid4()
    await bed.apply(answer(bed, source, outcome="rejected", code="field_invalid", params={"value": "a\x00b"}))
    assert await bed.ours.fetchval("select params->>'value' from ceebus.upload where channel = $1", bed.channel) == "a\ufffdb"


async def test_an_owner_that_was_overtaken_writes_nothing(bed: Bed) -> None:
    await bed.apply(answer(bed, uuid4()))
    late = answer(bed, uuid4())
    successor = bed.another()
    await successor.apply(late)
    await successor.work.close()
    with pytest.raises(LaneFailed):
        await bed.apply(late)
    assert len(await uploads(bed)) == 2


async def test_settled_uploads_are_forgotten_after_ninety_days_and_open_ones_are_not(bed: Bed, databases: Databases) -> None:
    old, young, open_one = uuid4(), uuid4(), uuid4()
    await bed.apply(answer(bed, old), answer(bed, young), answer(bed, open_one, outcome="waiting", code="partner_missing"))
    await bed.ours.execute("update ceebus.upload set final_at = now() where channel = $1 and final", bed.channel)
    store = await Store.open(databases.ours)
    try:
        assert await forget_answers(store, KEEP_ANSWERS) == 0
        await bed.ours.execute("update ceebus.upload set final_at = now() - interval '91 days' where source_id = $1", old)
        await bed.ours.execute("update ceebus.upload set answered_at = now() - interval '91 days' where source_id = $1", open_one)
        assert await forget_answers(store, KEEP_ANSWERS) == 1
    finally:
        await store.close()
    assert [row["key"] for row in await bed.rows("feed")] == sorted(key_of(PHONE, str(left), 1) for left in (young, open_one))
    assert await bed.ours.fetchval("select oldest from ceebus.feed_position where channel = $1", bed.channel) == 0, (
        "no device has to reload"
    )


async def test_the_role_reads_answers_from_the_channel_s_topic(settings: Settings, databases: Databases, channel: str) -> None:
    own = own_settings(settings, channel)
    async with feed_bed(databases.ours, channel) as bed:
        await publish_channel(own, channel)
        async with running(own):
            await publish(own, [answer(bed, uuid4()) for _ in range(20)])

            async def arrived() -> bool:
                return len(await uploads(bed)) == await bed.last() == 20

            await asyncio.wait_for(eventually(arrived, within=30), 40)
