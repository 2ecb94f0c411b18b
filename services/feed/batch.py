"""A batch of one partition in one transaction: effects, positions, ledger, due list and offset row together.

The work of the feed's lane. All owners of one channel meet at its position row, so parent and child can't miss each
other and positions become visible in order, without holes (design.md 7.5).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from schemas import topics
from schemas.export.results import KIND as RESULTS
from services.feed import results
from services.feed.apply import Plan, judge, newest
from services.feed.marks import FeedMarks
from services.feed.outcomes import Refusal, add, from_outcomes, malformed
from services.feed.record import Incoming, Malformed, read
from services.feed.release import CHUNK, release
from services.feed.results import Answer
from services.feed.store import Line, Store
from services.kernel import metrics
from services.kernel.lane import Batch, LaneFailed

AGES = 200  # of a batch at most: a full export would spend its time on the histogram


class FeedBatch:
    """Called by the lane for each batch. Keeps one connection; `leftover` is called when children are still to be released."""

    def __init__(self, url: str, marks: FeedMarks, leftover: Callable[[], None]) -> None:
        self._line, self._marks, self._leftover = Line(url), marks, leftover

    async def __call__(self, batch: Batch) -> None:
        """Returns when the batch is committed. Raises LaneFailed when another owner is ahead; else it may be done again."""
        store = await self._line.store()
        stream, channel, kind = topics.parse(batch.topic)
        epoch, expected = self._marks.expected(batch.topic, batch.partition)
        after = batch.records[-1].offset + 1
        refusals = [from_outcomes(record) for record in batch.records] if stream == "outcomes" else []
        answers = _answers(channel, batch, refusals) if stream == "results" else []
        records, losers = newest(_decoded(kind, batch, refusals) if kind else [])
        async with store.transaction():
            before = last = await store.lock(channel)
            plan, released = Plan(last), 0
            if answers:
                answers = await results.standing(store, channel, answers)
                records, losers = newest(answer.record for answer in answers)
                await results.note(store, channel, answers)
            if records:
                plan = await _plan(store, channel, records, losers, last)
                if answers:
                    plan.late.clear()  # nobody could publish an answer again, and none need be: each says all
                await store.write(channel, plan, batch.topic)
                last = plan.last
                if plan.arrived:
                    last, released = await release(store, channel, last)
            await add(store, channel, refusals)
            if last > before:
                await store.advance(channel, last)
            if not await store.step((batch.topic, batch.partition), epoch, expected, after):
                raise LaneFailed(f"another owner of {batch.topic} {batch.partition} is ahead of offset {expected}")
        self._marks.stepped(batch.topic, batch.partition, after)
        if released >= CHUNK:
            self._leftover()
        _report(channel, kind or stream, plan, refusals)

    async def close(self) -> None:
        await self._line.close()


def _decoded(kind: str, batch: Batch, refusals: list[Refusal]) -> list[Incoming]:
    """What can't be read is parked: it stops nobody else."""
    records = []
    for record in batch.records:
        try:
            records.append(read(kind, record))
        except Malformed as error:
            refusals.append(malformed(kind, batch.topic, record, str(error)))
    return records


def _answers(channel: str, batch: Batch, refusals: list[Refusal]) -> list[Answer]:
    answers = []
    for record in batch.records:
        try:
            answers.append(results.read(channel, record))
        except Malformed as error:
            refusals.append(malformed(RESULTS, batch.topic, record, str(error)))
    return answers


async def _plan(store: Store, channel: str, records: list[Incoming], losers: list[Incoming], last: int) -> Plan:
    """Three reads, then a decision: what each key is, which references are missing, what that means."""
    known = await store.known(channel, [record.reference for record in records])
    plan = judge(records, known, await store.absent(channel, records), last)
    offsets = {record.reference: record.topic_offset for record in records}
    plan.late += [loser for loser in losers if loser.topic_offset > offsets[loser.reference]]
    plan.outcomes["superseded"] += len(losers)
    return plan


def _report(channel: str, kind: str, plan: Plan, refusals: list[Refusal]) -> None:
    for outcome, count in plan.outcomes.items():
        metrics.RECORDS.labels("feed", channel, kind, outcome).inc(count)
    for (about, outcome, code), count in Counter((r.kind, r.outcome, r.code) for r in refusals).items():
        metrics.RECORDS.labels("feed", channel, about, outcome).inc(count)
        metrics.REFUSALS.labels("feed", channel, about, code).inc(count)
    now, age = time.time(), metrics.EVENT_AGE.labels("feed", channel, kind)
    for event_ms in plan.events_ms[:: 1 + len(plan.events_ms) // AGES]:
        age.observe(now - event_ms / 1000)
