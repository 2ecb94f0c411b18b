"""What was fetched of one channel in one transaction: effects, positions, ledger, due list and offset rows together.

The work of the feed's lane. All owners of one channel meet at its position row, so parent and child can't miss each
other and positions become visible in order, without holes (design.md 7.5). Live changes come as a few records of each of many
partitions: a transaction for each partition would make the last of them wait for all the others' commits.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence

from schemas import topics
from schemas.export.results import KIND as RESULTS
from services.feed import results, runs
from services.feed.apply import Plan, judge, newest, tell
from services.feed.marks import FeedMarks
from services.feed.outcomes import Refusal, add, from_outcomes, malformed
from services.feed.record import Incoming, Malformed, read
from services.feed.release import CHUNK, release
from services.feed.results import Answer
from services.feed.store import Line, Store
from services.feed.stub import is_without_stub, with_stub
from services.kernel import metrics
from services.kernel.lane import Batch, LaneFailed

AGES = 200  # of a batch at most: a full export would spend its time on the histogram


class FeedBatch:
    """Called by the lane for each batch. Keeps one connection; `leftover` is called when children are still to be released.

    `max_attempts`: how often a delivery of the channel may fail.
    """

    def __init__(self, url: str, marks: FeedMarks, leftover: Callable[[], None], max_attempts: Callable[[str], int]) -> None:
        self._line, self._marks, self._leftover, self._max_attempts = Line(url), marks, leftover, max_attempts

    async def __call__(self, batches: Sequence[Batch]) -> None:
        """Returns when all is committed. Raises LaneFailed when another owner is ahead; else it may be done again."""
        store, channel = await self._line.store(), topics.parse(batches[0].topic)[1]
        steps = [(b.topic, b.partition, *self._marks.expected(b.topic, b.partition), _after(b)) for b in batches]
        read = _Read(channel, batches)
        async with store.transaction():
            before = last = await store.lock(channel)
            plan, released = Plan(last), 0
            records, losers = newest([*read.records, *await _answered(store, channel, read.answers)])
            if records:
                plan = await _plan(store, channel, records, losers, last)
                await store.write(channel, plan)
                last = plan.last
                if plan.arrived:
                    last, released = await release(store, channel, last)
            await add(store, channel, read.refusals, self._max_attempts(channel))
            await runs.count(store, plan, read.refusals)
            if last > before:
                await store.advance(channel, last)
            moved = await store.step(steps)
            for topic, partition, _, offset, _ in steps:
                if (topic, partition) not in moved:
                    raise LaneFailed(f"another owner of {topic} {partition} is ahead of offset {offset}")
        for batch in batches:
            self._marks.stepped(batch.topic, batch.partition, _after(batch))
        if released >= CHUNK:
            self._leftover()
        _report(channel, plan, read.refusals)

    async def close(self) -> None:
        await self._line.close()


class _Read:
    """What stands in the batches, in their order. What can't be read is parked: it stops nobody else."""

    def __init__(self, channel: str, batches: Sequence[Batch]) -> None:
        self.records: list[Incoming] = []
        self.answers: list[Answer] = []
        self.refusals: list[Refusal] = []
        for batch in batches:
            stream, _, kind = topics.parse(batch.topic)
            if stream == "outcomes":
                self.refusals += [from_outcomes(record) for record in batch.records]
                continue
            about = kind or RESULTS
            for record in batch.records:
                try:
                    if kind:
                        self.records.append(read(kind, record))
                    else:
                        self.answers.append(results.read(channel, record))
                except Malformed as error:
                    self.refusals.append(malformed(about, batch.topic, record, str(error)))


def _after(batch: Batch) -> int:
    return batch.records[-1].offset + 1


async def _answered(store: Store, channel: str, answers: Sequence[Answer]) -> list[Incoming]:
    """Notes the answers that stand in the list of uploads; returns them as their senders get them."""
    if not answers:
        return []
    found = await results.standing(store, channel, answers)
    await results.note(store, channel, found)
    return [answer.record for answer in found]


async def _plan(store: Store, channel: str, records: list[Incoming], losers: list[Incoming], last: int) -> Plan:
    """Three reads, then a decision: what each key is, which references are missing, what that means."""
    records = await _with_stubs(store, channel, records)
    known = await store.known(channel, [record.reference for record in records])
    plan = judge(records, known, await store.absent(channel, records), last)
    winners = {record.reference: record for record in records}
    plan.late += [loser for loser in losers if loser.topic_offset > winners[loser.reference].topic_offset]
    # nobody could publish an answer again, and none need be: each says all
    plan.late = [late for late in plan.late if late.kind != RESULTS]
    for loser in losers:
        winner = winners[loser.reference]
        tell(plan, loser, "superseded", counted=(loser.run, loser.objectversion) == (winner.run, winner.objectversion))
    return plan


async def _with_stubs(store: Store, channel: str, records: list[Incoming]) -> list[Incoming]:
    """Deactivations of objects that are gone from CEE show what devices knew of these."""
    bare = [record.reference for record in records if is_without_stub(record)]
    shown = await store.shown(channel, bare) if bare else {}
    return [with_stub(record, shown[record.reference]) if record.reference in shown else record for record in records] if shown else records


def _report(channel: str, plan: Plan, refusals: Sequence[Refusal]) -> None:
    for (kind, outcome), count in plan.outcomes.items():
        metrics.RECORDS.labels("feed", channel, kind, outcome).inc(count)
    for (about, outcome, code), count in Counter((r.kind, r.outcome, r.code) for r in refusals).items():
        metrics.RECORDS.labels("feed", channel, about, outcome).inc(count)
        metrics.REFUSALS.labels("feed", channel, about, code).inc(count)
    now = time.time()
    for kind, moments in plan.events_ms.items():
        age = metrics.EVENT_AGE.labels("feed", channel, kind)
        for event_ms in moments[:: 1 + len(moments) // AGES]:
            age.observe(now - event_ms / 1000)
