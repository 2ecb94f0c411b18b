"""What becomes of a batch's records in the channel's feed: decided here, in one place, from what the database knows.

Pure: called under the lock of the channel's position row (batch.py, release.py), written down by store.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from schemas.envelope import Reference
from services.feed.audience import Audience, who_left
from services.feed.known import UNKNOWN, Known
from services.feed.record import Incoming
from services.feed.shorten import shortened


@dataclass(slots=True)
class Put:
    """A row to write; `position` 0 is never shown. A removed row keeps the audience it had."""

    record: Incoming
    audience: Audience
    left: Audience
    removed: bool
    position: int = 0


@dataclass(slots=True)
class Held:
    """A version that waits; soft: a shortened one of it is visible."""

    record: Incoming
    missing: list[Reference]
    soft: bool


@dataclass(slots=True)
class Plan:
    """What to write. `last` is the channel's last position after it; `arrived` became live: their children may go on."""

    last: int
    puts: list[Put] = field(default_factory=list)
    touched: list[Incoming] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    late: list[Incoming] = field(default_factory=list)
    settled_waiting: list[Reference] = field(default_factory=list)
    settled_due: list[Reference] = field(default_factory=list)
    settled_ledger: list[Reference] = field(default_factory=list)
    arrived: list[Reference] = field(default_factory=list)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)  # by kind and outcome
    counted: Counter[tuple[UUID, str, str]] = field(default_factory=Counter)  # by run, kind and outcome: what is plainly done
    told: list[tuple[Incoming, str]] = field(default_factory=list)  # the other records of runs: that wait, or did
    events_ms: dict[str, list[int]] = field(default_factory=dict)  # by kind


def newest(records: Iterable[Incoming]) -> tuple[list[Incoming], list[Incoming]]:
    """The newest record of each key, and the others: one statement takes a key only once (T38)."""
    winners: dict[Reference, Incoming] = {}
    losers = []
    for record in records:
        had = winners.setdefault(record.reference, record)
        if had is record:
            continue
        if had.objectversion > record.objectversion:
            losers.append(record)
        else:
            losers.append(winners.pop(record.reference))
            winners[record.reference] = record
    return list(winners.values()), losers


def judge(records: Sequence[Incoming], known: Mapping[Reference, Known], absent: set[Reference], last: int) -> Plan:
    """`absent` are those of the records' references that are not in the feed; a parent earlier in `records` counts."""
    plan, live = Plan(last), dict.fromkeys(absent, False)
    for record in records:
        had = known.get(record.reference, UNKNOWN)
        if record.objectversion < max(had.objectversion or 0, had.waiting or 0):
            _stale(plan, record, had)
        elif record.op == "delete" or (record.bare and not had.live):
            live[record.reference] = False
            _remove(plan, record, had)
        else:
            _place(plan, record, had, live)
    return plan


def _stale(plan: Plan, record: Incoming, had: Known) -> None:
    """A lower version. Where it is also later in the log, the log itself is behind: looked at again after a while."""
    tell(plan, record, "stale")
    if had.topic_partition == record.topic_partition and record.topic_offset > (had.topic_offset or 0):
        plan.late.append(record)
    if had.waiting is not None and had.waiting <= record.objectversion:
        plan.settled_waiting.append(record.reference)


def _remove(plan: Plan, record: Incoming, had: Known) -> None:
    _settle(plan, record, had)
    if had.removed or not had.seen:
        _unchanged(plan, record, had, "unchanged" if had.seen else "unknown")
        if had.removed:
            _touch(plan, record, had)
        else:
            plan.puts.append(Put(record, None, None, removed=True))
        return
    gone = replace(record, hash=None, body=None, version=record.version or had.version)
    plan.last += 1
    plan.puts.append(Put(gone, _tuple(had.audience), _tuple(had.left_audience), True, plan.last))
    _count(plan, record, "removed")


def _place(plan: Plan, record: Incoming, had: Known, live: dict[Reference, bool]) -> None:
    audience = record.audience if record.stated or not (record.bare and had.seen) else _tuple(had.audience)
    without = [reference for reference in record.soft if not live.get(reference, True)]
    shown = shortened(record, without) if without else record
    same = had.live and shown.hash is not None and (had.hash, had.op, _tuple(had.audience)) == (shown.hash, record.op, audience)
    missing = [] if same else [reference for reference in record.needs if not live.get(reference, True)]
    _settle(plan, record, had)
    if missing:
        plan.held.append(Held(record, missing + without, soft=False))
        tell(plan, record, "waiting")
        return
    if without:
        plan.held.append(Held(record, without, soft=True))
    live[record.reference] = True
    if same and not (record.forced and not had.sent_as(record)):
        _unchanged(plan, record, had, "unchanged")
        _touch(plan, record, had)
        return
    left = who_left(_tuple(had.audience), _tuple(had.left_audience), audience) if had.seen else None
    plan.last += 1
    plan.puts.append(Put(shown, audience, left, False, plan.last))
    if not had.live:
        plan.arrived.append(record.reference)
    _count(plan, record, "deactivated" if record.op == "deactivate" else "applied")


def _settle(plan: Plan, record: Incoming, had: Known) -> None:
    """What an older or equal version left behind goes; a held record writes its own entries anew."""
    if had.waiting is not None:
        plan.settled_waiting.append(record.reference)
    if had.due is not None and had.due <= record.objectversion:
        plan.settled_due.append(record.reference)
    if had.ledger is not None and had.ledger < record.objectversion:
        plan.settled_ledger.append(record.reference)


def _touch(plan: Plan, record: Incoming, had: Known) -> None:
    """A repeated delivery changes nothing at all; a later one is remembered as the log's newest record of the key."""
    if record.objectversion != had.objectversion or record.topic_offset > (had.topic_offset or 0):
        plan.touched.append(record)


def _count(plan: Plan, record: Incoming, outcome: str) -> None:
    tell(plan, record, outcome)
    if record.event_ms is not None:
        plan.events_ms.setdefault(record.kind, []).append(record.event_ms)


def _unchanged(plan: Plan, record: Incoming, had: Known, outcome: str) -> None:
    """A record that comes a second time was counted by its run the first time."""
    tell(plan, record, outcome, counted=had.sent_as(record))


def tell(plan: Plan, record: Incoming, outcome: str, *, counted: bool = False) -> None:
    """One outcome a record; `counted`: its run knows it already."""
    plan.outcomes[record.kind, outcome] += 1
    if record.run is None or counted:
        return
    if outcome == "waiting" or record.waited:
        plan.told.append((record, outcome))
    else:
        plan.counted[record.run, record.kind, outcome] += 1


def _tuple(reps: Sequence[str] | None) -> Audience:
    return None if reps is None else tuple(reps)
