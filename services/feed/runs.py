"""What a run's report says of the records that the feed has judged: the words of apply.py and outcomes.py in those of domain.md 6.

Called by batch.py and release.py in the transaction of the effects.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from services.feed.apply import Held, Plan
from services.feed.outcomes import Refusal, as_json
from services.feed.record import Incoming, reason
from services.feed.store import Store
from services.kernel import tally
from services.kernel.tally import Fate, Place

# what apply.py calls it -> (outcome, code)
_REPORTED = {
    "applied": ("sent", ""),
    "deactivated": ("removed", ""),
    "removed": ("removed", ""),
    "unchanged": ("unchanged", ""),
    "unknown": ("unchanged", ""),  # the removal of what was never sent
    "stale": ("unchanged", "already_transferred"),
    "superseded": ("unchanged", "superseded"),
    "waiting": ("waiting", "reference_missing"),
}


async def count(store: Store, plan: Plan, refusals: Iterable[Refusal]) -> None:
    """A batch: everything that was judged, and what the exporter had refused."""
    held = _held(plan)
    waiting = [_fate(record, outcome, held) for record, outcome in plan.told]
    refused = [_refused(refusal) for refusal in refusals if refusal.run is not None]
    plain: Counter[Place] = Counter()
    for (run, kind, outcome), records in plan.counted.items():
        plain[(run, kind, *_REPORTED[outcome])] += records
    await tally.add(store.fetch, [*waiting, *refused], plain)


async def recount(store: Store, plan: Plan) -> None:
    """What waited and was judged again: counted as waiting already, unless a shortened version of it had been sent."""
    held = _held(plan)
    went_on = [(record, outcome) for record, outcome in plan.told if record.waited and outcome != "waiting"]
    await tally.move(store.fetch, [(_fate(record, "waiting", held), _fate(record, outcome, held)) for record, outcome in went_on])


def _held(plan: Plan) -> dict[int, Held]:
    return {id(held.record): held for held in plan.held if held.record.run is not None}


def _fate(record: Incoming, outcome: str, held: dict[int, Held]) -> Fate:
    assert record.run is not None
    waits = held.get(id(record)) if outcome == "waiting" else None
    return Fate(record.run, record.kind, record.key, *_REPORTED[outcome], as_json(reason(waits.missing)) if waits else "{}")


def _refused(refusal: Refusal) -> Fate:
    assert refusal.run is not None
    outcome = "filtered" if refusal.code == "filtered" else refusal.outcome
    return Fate(refusal.run, refusal.kind, refusal.key, outcome, refusal.code, as_json(refusal.params))
