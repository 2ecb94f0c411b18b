"""Whatever comes twice or out of order: the newest version of every key stands, and positions become visible in order, without holes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.kernel.postgres import connect
from tests.integration.feed_bed import Bed, Owner, Written, feed_bed
from tests.stack import Databases

CATEGORIES = ("root", "a", "b", "c")
PARENTS = {"a": "root", "b": "a", "c": "root"}


@pytest.fixture
async def bed(databases: Databases, channel: str) -> AsyncIterator[Bed]:
    async with feed_bed(databases.ours, channel) as made:
        yield made


@dataclass(frozen=True)
class Step:
    """A state of an object as CEE went through it: `body` 0 is its removal."""

    key: str
    body: int
    audience: tuple[str, ...] | None


steps = st.builds(
    Step,
    st.sampled_from(CATEGORIES),
    st.integers(0, 3),
    st.none() | st.lists(st.sampled_from(["R1", "R2"]), unique=True).map(tuple),
)


def _record(bed: Bed, step: Step, version: int) -> Written:
    if step.body == 0:
        return bed.log.delete("article-categories", step.key, version)
    fields: dict[str, Any] = {"parent": PARENTS.get(step.key), "text": step.body, "articles": []}
    return bed.log.upsert("article-categories", step.key, version, step.audience, **fields)


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Step], list[list[int]]]:
    """A history, and the batches it arrives in: every state one to three times, out of order inside a window."""
    history = draw(st.lists(steps, min_size=1, max_size=25))
    order = draw(st.randoms(use_true_random=False))
    repeated = [number for number in range(len(history)) for _ in range(order.randint(1, 3))]
    for start in range(0, len(repeated), 10):
        window = repeated[start : start + 10]
        order.shuffle(window)
        repeated[start : start + 10] = window
    batches = []
    while repeated:
        size = order.randint(1, 12)
        batches.append(repeated[:size])
        repeated = repeated[size:]
    return history, batches


_runs = iter(range(1 << 30))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(delivered=deliveries())
async def test_the_newest_version_of_each_key_stands(databases: Databases, delivered: tuple[list[Step], list[list[int]]]) -> None:
    """F25."""
    history, batches = delivered
    async with feed_bed(databases.ours, f"h{next(_runs)}") as bed:
        log = [_record(bed, step, version) for version, step in enumerate(history, 1)]
        offsets = iter(range(1000))
        for batch in batches:
            await bed.apply_batch([replace(log[number], offset=next(offsets)) for number in batch])
        await _check(bed, {step.key: (version, step) for version, step in enumerate(history, 1)}, log)


def _content(body: bytes | None) -> dict[str, Any] | None:
    """Without CEE's own version: a repeated content is `unchanged`, and the body that devices have stays."""
    return None if body is None else {name: value for name, value in orjson.loads(body).items() if name != "version"}


async def _check(bed: Bed, newest: dict[str, tuple[int, Step]], log: Sequence[Written]) -> None:
    rows = {row["key"]: row for row in await bed.rows("feed")}
    waiting = {row["key"]: row["objectversion"] for row in await bed.rows("waiting")}
    for key, (version, step) in newest.items():
        row = rows.get(key)
        if key in waiting:
            assert waiting[key] == version, "what waits is the newest"
            assert not _live(rows, PARENTS[key]), "nobody waits for a parent that is there"
            continue
        assert row is not None
        assert row["objectversion"] == version
        assert row["removed"] == (step.body == 0)
        assert _content(row["body"]) == _content(log[version - 1].value)
        if step.body:
            assert row["audience"] == (None if step.audience is None else sorted(step.audience))
    shown = [row["position"] for row in rows.values() if row["position"]]
    assert len(shown) == len(set(shown))
    assert max(shown, default=0) <= await bed.last()
    assert await bed.rows_of("release") == []


def _live(rows: dict[str, Any], key: str) -> bool:
    return key in rows and not rows[key]["removed"]


async def test_positions_become_visible_in_order_without_holes(bed: Bed) -> None:
    """T37: three owners write side by side; a reader that only goes forward meets every position."""
    owners: list[Owner] = [bed, bed.another(), bed.another()]
    kinds = ("master-data", "article-categories", "sales-documents")
    seen: list[int] = []

    def records(kind: str, number: int) -> list[Written]:
        if kind == "master-data":
            return [bed.log.unit(f"u{number}-{i}", 1 + number) for i in range(5)]
        if kind == "article-categories":
            return [bed.log.category(f"c{i}", 1 + number, articles=()) for i in range(3)]
        return [bed.log.upsert(kind, f"ZS/{number}-{i}", 1, op="deactivate", type="ZS") for i in range(4)]

    async def write(owner: Owner, kind: str) -> None:
        for number in range(40):
            await owner.apply_batch(records(kind, number))

    async def read() -> None:
        reader = await connect(bed.url)
        try:
            while not writing.done() or (seen[-1] if seen else 0) < await bed.last():
                query = "select position from ceebus.feed where channel = $1 and position > $2 order by position limit 7"
                seen.extend(row[0] for row in await reader.fetch(query, bed.channel, seen[-1] if seen else 0))
        finally:
            await reader.close()

    writing = asyncio.gather(*[write(owner, kind) for owner, kind in zip(owners, kinds, strict=True)])
    await asyncio.gather(writing, read())
    for owner in owners[1:]:
        await owner.work.close()
    assert await bed.last() == 40 * 5 + 3 + 40 * 4, "a category's unchanged content takes no position"
    assert seen == list(range(1, await bed.last() + 1))
