"""Children wait for their parents, go on with them in chunks, and none is lost when both arrive at once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress

import orjson
import pytest

from services.feed import release
from services.feed.store import Store
from tests.integration.feed_bed import Bed, feed_bed
from tests.stack import Databases


@pytest.fixture
async def bed(databases: Databases, channel: str) -> AsyncIterator[Bed]:
    async with feed_bed(databases.ours, channel) as made:
        yield made


async def test_a_child_waits_for_its_parent_and_goes_on_with_it(bed: Bed) -> None:
    article = bed.log.article("A1", 3)
    await bed.apply(article)
    assert await bed.live("articles") == []
    (due,) = await bed.rows("due")
    assert (due["outcome"], due["code"], due["params"]) == ("waiting", "reference_missing", {"ref": "master-data/vat-rates/23", "count": 2})
    assert (due["topic"], due["attempts"], due["objectversion"]) == (article.topic, 0, 3)
    await bed.apply(*bed.log.basics())
    assert (await bed.row("articles", "A1"))["body"] == article.value
    assert (await bed.row("articles", "A1"))["position"] == 4, "parents first"
    for table in ("due", "waiting", "waiting_for", "release"):
        assert await bed.ours.fetchval(f"select count(*) from ceebus.{table} where channel = $1", bed.channel) == 0


async def test_a_parent_earlier_in_the_same_batch_counts_and_a_later_one_releases(bed: Bed) -> None:
    await bed.apply(bed.log.category("root"), bed.log.category("a", parent="root"))
    assert await bed.live("article-categories") == ["root", "a"]
    await bed.apply(bed.log.category("c", parent="b"), bed.log.category("b", parent="a"))
    assert await bed.live("article-categories") == ["root", "a", "b", "c"]


async def test_chains_are_released_parents_first(bed: Bed) -> None:
    chain = [bed.log.category(f"c{depth}", parent=f"c{depth - 1}") for depth in range(9, 0, -1)]
    await bed.apply(*chain)
    assert await bed.live("article-categories") == []
    await bed.apply(bed.log.category("c0"))
    assert await bed.live("article-categories") == [f"c{depth}" for depth in range(10)]
    await bed.apply(bed.log.price("L1", "A1"), bed.log.article("A1"), bed.log.price_list("L1"), *bed.log.basics())
    assert await bed.live("price-lists") == ["L1", "L1/A1/szt/0/2026-01-01"]


async def test_a_waiting_version_stays_beside_the_visible_one_and_gives_way_to_a_newer_one(bed: Bed) -> None:
    await bed.apply(bed.log.category("b"))
    await bed.apply(bed.log.category("b", 2, parent="z"))
    assert (await bed.row("article-categories", "b"))["objectversion"] == 1
    assert [row["objectversion"] for row in await bed.rows("due")] == [2]
    await bed.apply(bed.log.category("b", 3, parent="y"))
    assert [row["objectversion"] for row in await bed.rows("waiting")] == [3]
    await bed.apply(bed.log.category("z"))
    assert (await bed.row("article-categories", "b"))["objectversion"] == 1, "superseded by the version that waits for y"
    await bed.apply(bed.log.category("b", 2, parent="z"))
    assert [row["objectversion"] for row in await bed.rows("waiting")] == [3]
    await bed.apply(bed.log.delete("article-categories", "b", 4), bed.log.category("y"))
    assert (await bed.row("article-categories", "b"))["removed"]
    assert await bed.rows("due") == await bed.rows("waiting") == await bed.rows("waiting_for") == []


async def test_a_refused_newer_version_does_not_stop_the_waiting_one(bed: Bed) -> None:
    await bed.apply(bed.log.category("b", 2, parent="z"))
    await bed.apply(bed.log.outcome("article-categories", "b", 3, "quarantined", "category_too_deep"))
    await bed.apply(bed.log.category("z"))
    assert (await bed.row("article-categories", "b"))["objectversion"] == 2
    assert [(row["objectversion"], row["code"]) for row in await bed.rows("due")] == [(3, "category_too_deep")]


async def test_a_deactivated_parent_is_there_and_a_removed_one_is_not(bed: Bed) -> None:
    await bed.apply(*bed.log.basics(), bed.log.upsert("articles", "A1", 1, op="deactivate", number="A1"), bed.log.price_list("L1"))
    await bed.apply(bed.log.price("L1", "A1"))
    assert await bed.live("price-lists") == ["L1", "L1/A1/szt/0/2026-01-01"]
    await bed.apply(bed.log.delete("price-lists", "L1", 2))
    await bed.apply(bed.log.upsert("articles", "A2", 1, op="deactivate", number="A2"), bed.log.price("L1", "A2"))
    assert [row["key"] for row in await bed.rows("waiting")] == ["L1/A2/szt/0/2026-01-01"]
    await bed.apply(bed.log.price("L1", "A1", 2))
    assert (await bed.row("price-lists", "L1/A1/szt/0/2026-01-01"))["objectversion"] == 2, "the same content needs nobody"
    await bed.apply(bed.log.price_list("L1", 3))
    assert await bed.rows("waiting") == []


async def test_a_category_is_shown_without_articles_that_are_not_there_yet(bed: Bed) -> None:
    await bed.apply(*bed.log.basics(), bed.log.article("A/1".replace("/", "%2F"), 1))
    full = bed.log.category("root", 5, articles=["A/1", "A2", "A3"])
    await bed.apply(full)
    row = await bed.row("article-categories", "root")
    assert [entry["article"] for entry in orjson.loads(row["body"])["articles"]] == ["A/1"]
    assert row["hash"].hex() == orjson.loads(row["body"])["content_hash"]
    assert await bed.rows("due") == [], "it is delivered"
    await bed.apply(full)
    assert (await bed.row("article-categories", "root"))["position"] == row["position"], "the same shortened content"
    await bed.apply(bed.log.article("A3"))
    await bed.release()
    later = await bed.row("article-categories", "root")
    assert [entry["article"] for entry in orjson.loads(later["body"])["articles"]] == ["A/1", "A3"]
    assert later["position"] > row["position"]
    await bed.apply(bed.log.article("A2"))
    await bed.release()
    assert (await bed.row("article-categories", "root"))["body"] == full.value
    assert await bed.rows("waiting") == await bed.rows("waiting_for") == []


async def test_many_children_are_released_in_chunks_and_a_crash_between_them_loses_none(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "CHUNK", 40)
    monkeypatch.setattr(release.release, "__kwdefaults__", {"soft": False, "limit": 40})
    await bed.apply(*bed.log.basics())
    await bed.apply(*[bed.log.article(f"A{i}") for i in range(100)])
    await bed.apply(*[bed.log.price("L1", f"A{i}") for i in range(100)])
    await bed.apply(bed.log.price_list("L1"))
    assert len(await bed.live("price-lists")) == 41, "the first chunk came with its list"
    assert await bed.ours.fetchval("select count(*) from ceebus.release where channel = $1", bed.channel) == 1, (
        "what a restart goes on from"
    )
    assert await bed.release() == 60
    assert len(await bed.live("price-lists")) == 101
    assert await bed.rows("waiting") == await bed.rows("waiting_for") == []
    positions = [position for position, _, _ in await bed.shown()]
    assert positions == list(range(1, await bed.last() + 1))


async def test_a_parent_that_goes_again_before_the_rest_is_released_keeps_them_waiting(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release.release, "__kwdefaults__", {"soft": False, "limit": 1})
    await bed.apply(*bed.log.basics(), bed.log.article("A1"), bed.log.article("A2"))
    await bed.apply(bed.log.price("L1", "A1"), bed.log.price("L1", "A2"), bed.log.price_list("L1"))
    await bed.apply(bed.log.delete("price-lists", "L1", 2))
    monkeypatch.undo()
    await bed.release()
    assert len(await bed.rows("waiting")) == 1
    await bed.apply(bed.log.price_list("L1", 3))
    assert await bed.rows("waiting") == []


async def test_no_child_is_lost_when_parents_and_children_arrive_at_once(bed: Bed) -> None:
    """Two owners of two topics, side by side: either the child sees its parent or the parent sees the child waiting."""
    await bed.apply(*bed.log.basics())
    other, order = bed.another(), random.Random(3)
    parents = [bed.log.article(f"A{i}") for i in range(300)]
    children = [bed.log.upsert("attachments", f"F{i}", 1, owner_kind="article", owner_key=f"A{i}") for i in order.sample(range(300), 300)]

    async def feed(owner: Bed, records: list) -> None:  # type: ignore[type-arg]
        for start in range(0, 300, 7):
            await owner.apply_batch(records[start : start + 7])

    await asyncio.gather(feed(bed, parents), feed(other, children))
    await other.work.close()
    assert len(await bed.live("attachments")) == 300
    assert await bed.rows("waiting") == await bed.rows("waiting_for") == await bed.rows("due") == []
    place = {(kind, key): position for position, kind, key in await bed.shown()}
    assert all(place["attachments", f"F{i}"] > place["articles", f"A{i}"] for i in range(300))
    assert sorted(place.values()) == list(range(1, 604))


async def test_the_releaser_works_on_what_a_stopped_process_left(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release.release, "__kwdefaults__", {"soft": False, "limit": 1})
    await bed.apply(*bed.log.basics())
    await bed.apply(*[bed.log.price("L1", f"A{i}") for i in range(5)], *[bed.log.article(f"A{i}") for i in range(5)])
    await bed.apply(bed.log.price_list("L1"))
    assert len(await bed.live("price-lists")) == 2
    running = asyncio.create_task(release.Releaser(bed.url).run())
    try:
        async with asyncio.timeout(10):
            while len(await bed.live("price-lists")) < 6:
                await asyncio.sleep(0.02)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_a_channel_is_made_by_its_first_transaction_only_once(bed: Bed) -> None:
    stores = [await Store.open(bed.url) for _ in range(3)]

    async def first(store: Store) -> int:
        async with store.transaction():
            return await store.lock(bed.channel)

    assert await asyncio.gather(*[first(store) for store in stores]) == [0, 0, 0]
    for store in stores:
        await store.close()
