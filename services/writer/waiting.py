"""Who waits, who is replaced, who stands in line: the rules of domain.md 7.2 between uploads of one kind. Pure.

Called by settle.py before the kind's operation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from services.writer import answers
from services.writer.answers import Said, Waiting
from services.writer.model import Imported, Upload
from services.writer.record import Accepted


def queue_of(upload: Upload, known: Imported | None) -> str | None:
    """The partner whose edits are applied in order; None: a whole object, of which only the newest revision counts."""
    if upload.kind != "partners":
        return None
    number: str | None = upload.body.number
    return number or (known.key if known else None)


def waves(cases: Sequence[Accepted], known: dict[str, Imported]) -> list[list[Accepted]]:
    """The cases in rounds, so that each has every object and every queue once; their order per object and queue is kept."""
    rounds: list[list[Accepted]] = []
    last: dict[tuple[str, str], int] = {}
    for case in cases:
        upload = case.upload
        places = [("source", upload.source_id)]
        queue = queue_of(upload, known.get(upload.source_id))
        if queue is not None:
            places.append(("queue", queue))
        number = max((last[place] + 1 for place in places if place in last), default=0)
        last.update(dict.fromkeys(places, number))
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(case)
    return rounds


@dataclass(slots=True)
class LinedUp:
    """`go`: to be judged now; `said`: what is clear without CEE."""

    go: list[Accepted] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)


def line_up(cases: Iterable[Accepted], standing: Iterable[Waiting]) -> LinedUp:
    """Arrivals of one wave against what waits of the same objects and queues. The cases' uploads carry `known`."""
    objects: dict[str, list[Waiting]] = defaultdict(list)
    queues: dict[str, Waiting] = {}
    for waiting in standing:
        if waiting.queue is None:
            objects[waiting.arrived.source_id].append(waiting)
        else:
            queues.setdefault(waiting.queue, waiting)
    found = LinedUp()
    for case in cases:
        queue = queue_of(case.upload, case.upload.known)
        if queue is not None and queue in queues:
            found.said.append(answers.behind(case, queues[queue], queue))
        else:
            _replace(case, objects.get(case.upload.source_id, []), found)
    return found


def _replace(case: Accepted, waiting: Sequence[Waiting], found: LinedUp) -> None:
    """A higher revision of the whole object takes the waiting one's place; from a foreign epoch nothing is overwritten."""
    upload = case.upload
    if upload.is_foreign and any(other.hash != upload.content_hash for other in waiting):
        found.said.append(Said(case.arrived, "conflict", "epoch_changed"))
        return
    if any(other.arrived.revision > upload.revision and not _lets_in(upload, other) for other in waiting):
        found.said.append(Said(case.arrived, "unchanged", "superseded"))
        return
    found.said.extend(answers.superseded(other) for other in waiting if other.arrived.revision < upload.revision)
    found.go.append(case)


def _lets_in(upload: Upload, other: Waiting) -> bool:
    """A visit's end came before its plan: imported, the plan opens the gate for what waits, which would wait for ever without it."""
    is_end = other.code == "visit_not_confirmed" and other.params.get("status") in ("completed", "rejected", "canceled")
    return upload.kind == "visits" and is_end and bool(upload.body.status == "confirmed")
