"""What a run's report says of the uploads that the writer has judged (domain.md 6).

Called by settle.py in the transaction of the effects. An upload that waited was counted by its run as waiting: it is moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from services.kernel import tally
from services.kernel.tally import Fate
from services.writer.answers import Said, Waiting
from services.writer.record import Arrived
from services.writer.store import Past, Store, as_json

Repeat = tuple[Arrived, Past | None]  # an upload that was met before, and what it has come to; None: it came twice in one batch


async def count(store: Store, saids: Iterable[Said], repeats: Iterable[Repeat]) -> None:
    """Everything that was said in one transaction. Uploads that belong to no run cost nothing."""
    new: list[Fate] = []
    moves: list[tuple[Fate, Fate]] = []
    for said in saids:
        run = said.arrived.run
        if run is None:
            continue
        fate = _fate(run, said.arrived, said.outcome, said.code, said.params)
        if said.before is None:
            new.append(fate)
        elif _stood(said.before) != (said.outcome, said.code):
            moves.append((_fate(run, said.arrived, *_stood(said.before), {}), fate))
        if said.final:
            new += [_fate(run, said.arrived, "warning", each["code"], each["params"]) for each in said.body.get("warnings", ())]
    new += [_repeated(arrived.run, arrived, past) for arrived, past in repeats if arrived.run is not None]
    await tally.move(store.fetch, moves)
    await tally.add(store.fetch, new)


def _fate(run: UUID, arrived: Arrived, outcome: str, code: str | None, params: dict[str, object]) -> Fate:
    reported = "applied" if outcome == "imported" else outcome
    return Fate(run, arrived.kind, arrived.source_id, reported, code or "", as_json(params) if params else "{}")


def _stood(before: Waiting) -> tuple[str, str]:
    """As it was counted: one that is tried again after its attempts were exhausted is held for an operator no more."""
    return ("quarantined" if before.code == "attempts_exhausted" else before.outcome), before.code


def _repeated(run: UUID, arrived: Arrived, past: Past | None) -> Fate:
    """What had its end is unchanged, whatever that end was; what waits still does."""
    if past is None or past.outcome is not None:
        return _fate(run, arrived, "unchanged", "already_imported", {})
    return _fate(run, arrived, past.stands or "waiting", past.code, past.params or {})
