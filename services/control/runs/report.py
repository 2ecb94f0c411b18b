"""What a run leaves behind: counts by outcome for each kind, top reasons, the slowest kind, the marker before and after (domain.md 6)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.control.runs.states import State, moved
from services.kernel.postgres import Row

COUNTS = ("sent", "removed", "unchanged", "filtered", "waiting", "rejected", "quarantined", "conflict", "warning")
ERRORS, WARNINGS = ("rejected", "quarantined", "conflict"), ("warning", "waiting")
REASONS = 10


def counted(tally: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """By kind and outcome; every outcome is there."""
    found: dict[str, dict[str, int]] = {}
    for row in tally:
        kind = found.setdefault(row["kind"], dict.fromkeys(COUNTS, 0))
        outcome = "sent" if row["outcome"] == "applied" else row["outcome"]
        kind[outcome] = kind.get(outcome, 0) + row["records"]
    return found


def verdict(counts: Mapping[str, Mapping[str, int]]) -> State:
    """The state in which everything was settled."""
    total: Counter[str] = Counter()
    for kind in counts.values():
        total.update(kind)
    if any(total[outcome] for outcome in ERRORS):
        return moved("running", "settled_with_errors")
    return moved("running", "settled_with_warnings" if any(total[outcome] for outcome in WARNINGS) else "settled")


def report(kinds: Sequence[Row], tally: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """As it is kept with the run; durations in seconds."""
    counts = counted(tally)
    shown = {row["kind"]: _kind(row, counts.get(row["kind"], dict.fromkeys(COUNTS, 0))) for row in kinds}
    codes: Counter[str] = Counter()
    for row in tally:
        if row["code"]:
            codes[row["code"]] += row["records"]
    timed = {kind: about["seconds"] for kind, about in shown.items() if about["seconds"] is not None}
    slowest = max(timed, key=lambda kind: float(timed[kind])) if timed else None
    return {"kinds": shown, "reasons": [{"code": code, "records": count} for code, count in codes.most_common(REASONS)], "slowest": slowest}


def _kind(row: Row, counts: Mapping[str, int]) -> dict[str, Any]:
    ended = row["finished_at"]
    seconds = round((ended - row["started_at"]).total_seconds(), 3) if ended and row["started_at"] else None
    marker = {"before": row["marker_before"], "after": row["marker_after"]}
    return {"selected": sum(counts.values()) if row["phase"] == "done" else row["selected"], **counts, "seconds": seconds, "marker": marker}
