"""The writer's heart: uploads of one channel become answers and effects, inside a transaction that holds the channel's gate.

Called by batch.py for arrivals and by release.py for what waits. What CEE refuses is narrowed down under savepoints to the
one record that is to blame: that one waits, the others go on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from schemas.channel import Channel
from services.kernel import metrics
from services.kernel.lane import LaneFailed
from services.kernel.logging import log
from services.kernel.postgres import DatabaseError
from services.writer import answers, runs
from services.writer.answers import Said, Waiting
from services.writer.model import Imported, Parent
from services.writer.record import Accepted, Verdict, decode
from services.writer.store import Store, pair
from services.writer.target.port import CeeTarget
from services.writer.waiting import line_up, queue_of, waves

# SQLSTATE classes that say nothing about a record: connection, transaction, resources, rights, schema, operator, system, internal
_NOT_THE_RECORD = frozenset({"08", "0A", "25", "28", "3D", "3F", "40", "42", "53", "55", "57", "58", "XX"})


@dataclass(slots=True)
class Settled:
    """What a transaction has done, for whoever is to be told after its commit."""

    saids: list[Said] = field(default_factory=list)
    repeats: int = 0

    @property
    def parents(self) -> set[Parent]:
        """By what their children may call the objects that have come."""
        found: set[Parent] = set()
        for said in self.saids:
            if said.applied:
                names = (said.arrived.source_id, said.key, said.number)
                found |= {(said.arrived.kind, name) for name in names if name}
        return found

    def report(self, channel: str) -> None:
        for (kind, outcome, code), count in Counter((said.arrived.kind, said.outcome, said.code) for said in self.saids).items():
            metrics.RECORDS.labels("writer", channel, kind, outcome).inc(count)
            if code:
                metrics.REFUSALS.labels("writer", channel, kind, code).inc(count)


class Desk:
    """One transaction's work on one channel. `now` is UTC."""

    def __init__(self, store: Store, target: CeeTarget, channel: Channel, now: datetime) -> None:
        self._store, self._target, self._channel, self._now = store, target, channel, now
        self._before: dict[tuple[str, str], Waiting] = {}
        self._repeats: list[runs.Repeat] = []
        self.settled = Settled()

    async def arrivals(self, entries: Sequence[Accepted | Verdict]) -> None:
        """Uploads of one kind as they came, repeats and refusals among them."""
        past = await self._store.past([entry.arrived for entry in entries])
        met, new, repeats = set(past), [], []
        for entry in entries:
            if pair(entry.arrived) in met:
                repeats.append(entry)
            else:
                met.add(pair(entry.arrived))
                new.append(entry)
        await self._repeat([entry for entry in repeats if pair(entry.arrived) in past and past[pair(entry.arrived)].outcome])
        self._repeats += [(entry.arrived, past.get(pair(entry.arrived))) for entry in repeats]
        if met_by_runs := [one for one, stood in self._repeats if stood and stood.stands and one.run]:
            await self._store.adopt(met_by_runs, self._now)
        await self._say([answers.of_verdict(entry) for entry in new if isinstance(entry, Verdict)])
        await self._judge([entry for entry in new if isinstance(entry, Accepted)], arriving=True)

    async def _repeat(self, entries: Sequence[Accepted | Verdict]) -> None:
        """The earlier answer once more; made anew from the inbox where it is too old to be kept."""
        self.settled.repeats += len(entries)
        found = {pair(entry.arrived): entry for entry in entries}
        told = await self._store.again([entry.arrived for entry in found.values()])
        untold = [entry for key, entry in found.items() if key not in told]
        if not untold:
            return
        past = await self._store.past([entry.arrived for entry in untold])
        known = await self._known([entry.arrived.source_id for entry in untold], untold[0].arrived.kind)
        saids = []
        for entry in untold:
            end, object_ = past[pair(entry.arrived)], known.get(entry.arrived.source_id)
            body = {"number": object_.number} if object_ and object_.number else {}
            saids.append(Said(entry.arrived, end.outcome, end.code, end.params or {}, body))  # type: ignore[arg-type]
        await self._store.say(self._channel.id, saids, self._now)

    async def count(self) -> None:
        """The last step of a transaction."""
        await runs.count(self._store, self.settled.saids, self._repeats)

    async def waiting(self, rows: Iterable[Waiting]) -> None:
        """Uploads that wait, to be judged again, in the order of kinds."""
        kinds: dict[str, list[Accepted]] = {}
        for row in rows:
            self._before[pair(row.arrived)] = row
            entry = decode(row.arrived, confirmed=row.confirmed, attempts=row.attempts)
            if isinstance(entry, Accepted):
                kinds.setdefault(row.arrived.kind, []).append(entry)
            else:  # it was valid once: the contract has become narrower
                await self._say([answers.of_verdict(entry, row)])
        for cases in kinds.values():
            await self._judge(cases, arriving=False)

    async def discard(self, rows: Iterable[Waiting], reason: str) -> None:
        """An operator gives them up."""
        await self._say([answers.discarded(row, reason) for row in rows])

    async def _judge(self, cases: Sequence[Accepted], arriving: bool) -> None:
        """All of one kind, in waves that have each object and each queue once."""
        if not cases:
            return
        kind, stuck = cases[0].upload.kind, set[str]()
        known = await self._known([case.upload.source_id for case in cases], kind)
        for number, wave in enumerate(waves(cases, known)):
            if number:
                known = await self._known([case.upload.source_id for case in wave], kind)
            going = [replace(case, upload=replace(case.upload, known=known.get(case.upload.source_id))) for case in wave]
            if arriving:
                going = await self._line_up(kind, going)
            else:
                going = [case for case in going if queue_of(case.upload, case.upload.known) not in stuck]
            saids = await self._try(going)
            stuck |= {said.queue for said in saids if said.queue is not None and not said.final}

    async def _known(self, source_ids: Sequence[str], kind: str) -> dict[str, Imported]:
        return await self._store.imported(self._channel.id, kind, source_ids)

    async def _line_up(self, kind: str, cases: Sequence[Accepted]) -> list[Accepted]:
        queues = [queue for case in cases if (queue := queue_of(case.upload, case.upload.known)) is not None]
        standing = await self._store.standing(self._channel.id, kind, [case.upload.source_id for case in cases], queues)
        lined_up = line_up(cases, standing)
        await self._say(lined_up.said)
        return lined_up.go

    async def _try(self, cases: Sequence[Accepted]) -> list[Said]:
        """Effects and answers under a savepoint; in halves, where they fail, down to the record that does it."""
        if not cases:
            return []
        try:
            async with self._store.transaction():
                saids = await self._operate(cases)
                await self._store.record(self._channel.id, saids, self._now)
        except Exception as error:
            if self._store.closed or not _is_about_a_record(error):
                raise
            if len(cases) == 1:
                return await self._park(cases[0], error)
            half = len(cases) // 2
            return [*await self._try(cases[:half]), *await self._try(cases[half:])]
        self.settled.saids += saids
        return saids

    async def _operate(self, cases: Sequence[Accepted]) -> list[Said]:
        operation = getattr(self._target, cases[0].upload.kind)
        uploads = [case.upload for case in cases]
        given = await operation(self._store.connection, self._channel, uploads, self._now)
        saids = []
        for case, answer in zip(cases, given, strict=True):
            if answer.upload is not case.upload:
                raise ValueError(f"{case.upload.kind}: an answer to another upload")
            queue = queue_of(case.upload, case.upload.known)
            saids.append(answers.of_answer(case, answer, queue, self._before.get(pair(case.arrived))))
        return saids

    async def _park(self, case: Accepted, error: Exception) -> list[Said]:
        log.warning(
            "CEE refuses a record",
            action="delivery_failed",
            channel=self._channel.id,
            kind=case.upload.kind,
            source_id=case.upload.source_id,
            error=f"{type(error).__name__}: {error}",
        )
        said = answers.failed(case, error, self._now, self._channel.max_attempts)
        queue, before = queue_of(case.upload, case.upload.known), self._before.get(pair(case.arrived))
        return await self._say([replace(said, queue=queue, before=before)])

    async def _say(self, saids: list[Said]) -> list[Said]:
        if saids:
            await self._store.record(self._channel.id, saids, self._now)
            self.settled.saids += saids
        return saids


def _is_about_a_record(error: Exception) -> bool:
    """Whether leaving a record out may help; an outage is waited for with the whole batch."""
    if isinstance(error, DatabaseError):
        return (getattr(error, "sqlstate", None) or "XX")[:2] not in _NOT_THE_RECORD
    return not isinstance(error, LaneFailed)
