"""Visits: planned for the coming days, then carried out, moved or cancelled (domain.md 4.4)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from random import Random

from services.sandbox.reps.territory import Body

QUARTER = timedelta(minutes=15)


def planned(rng: Random, partner: str, visit_type: str, today: date, number: str) -> Body:
    """A confirmed visit within the next two weeks; `partner` may be the source_id of a new one."""
    start = datetime.combine(today + timedelta(days=rng.randint(1, 14)), time(8), UTC) + QUARTER * rng.randrange(36)
    return {
        "number": number,
        "name": "Wizyta handlowa",
        "action_type": "appointment",
        "visit_type": visit_type,
        "partner": partner,
        "planned_start": written(start),
        "planned_end": written(start + QUARTER * rng.randint(2, 8)),
        "all_day": False,
        "priority": rng.choice(("normal", "normal", "high")),
        "status": "confirmed",
    }


def later(rng: Random, visit: Body) -> Body:
    """What became of it."""
    start, end = (datetime.fromisoformat(visit[field]) for field in ("planned_start", "planned_end"))
    happened = rng.random()
    if happened < 0.7:
        return visit | {"status": "completed", "actual_start": written(start + timedelta(minutes=rng.randint(0, 20)))}
    if happened < 0.9:
        moved = timedelta(days=rng.randint(1, 7))
        return visit | {"planned_start": written(start + moved), "planned_end": written(end + moved)}
    return visit | {"status": "rejected", "description": "Klient odwołał."}


def written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
