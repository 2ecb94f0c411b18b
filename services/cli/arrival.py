"""Waiting until what CEE had committed is in the feed, with a bar for each kind's snapshot. Used by `ceebus status --wait`."""

from __future__ import annotations

import time
from typing import Any

from rich.progress import Progress, TaskID

from services.cli.client import Role
from services.cli.output import progress

POLL_S = 0.5


def channels(answer: Role, channel: str | None, fresh: bool = False) -> list[dict[str, Any]]:
    """The status of one channel, or of all."""
    if channel is not None:
        return [answer.get("channels", channel, "status", fresh=fresh)]
    return list(answer.pages("status", fresh=fresh))


class Waiting:
    """Waits for the changes that were there when it began; those that come meanwhile may still be on their way."""

    def __init__(self, answer: Role, channel: str | None) -> None:
        self._answer, self._channel = answer, channel
        self._arrivals: dict[str, Arrival] = {}
        self._bars: dict[tuple[str, str], TaskID] = {}
        self._began = time.monotonic()

    def until(self, deadline: float) -> bool:
        """False when `deadline` (monotonic) came first."""
        with progress() as shown:
            while True:
                waited = time.monotonic() - self._began  # before the look: what is younger came later
                busy = [self._is_busy(one, waited, shown) for one in channels(self._answer, self._channel) if one["active"]]
                if not any(busy) or time.monotonic() > deadline:
                    return not any(busy)
                time.sleep(POLL_S)

    def _is_busy(self, one: dict[str, Any], waited: float, shown: Progress) -> bool:
        snapshots = self._answer.get("channels", one["channel"], "snapshots")
        for row in snapshots:
            place = (one["channel"], row["kind"])
            if place not in self._bars:
                self._bars[place] = shown.add_task(f"{place[0]} {place[1]}", total=None, figures="")
            figures = f"{row['done']:,} rows, {row['state']}"
            shown.update(self._bars[place], completed=row["done"], total=row["total"], figures=figures)
        return not self._arrivals.setdefault(one["channel"], Arrival()).is_complete(one, snapshots, waited)


class Arrival:
    """What was committed in CEE at the beginning, on its way: outbox, exporter, feed. Pure.

    CEE goes on changing meanwhile, so there may be no moment at which nothing is on its way. At each station the end of the log is
    remembered once the station before has passed its own: what lies behind that may still come.
    """

    def __init__(self) -> None:
        self._bounds: list[dict[str, int]] = []

    def is_complete(self, one: dict[str, Any], snapshots: list[dict[str, Any]], waited_s: float) -> bool:
        """Takes the next look at the channel into account; `waited_s` is how long ago the waiting began."""
        stations = [_station(one, "exported_records", "exporter_lag"), _station(one, "feed_records", "feed_lag")]
        if None in stations or (not self._bounds and not _is_published(one, snapshots, waited_s)):
            return False
        if not self._bounds:
            self._bounds.append(_ends(stations[0]))
            return False  # this look's figures may be a moment older than what it says of the outbox
        if len(self._bounds) == 1 and _has_reached(stations[0], self._bounds[0]):
            self._bounds.append(_ends(stations[1]))
        return len(self._bounds) == 2 and _has_reached(stations[1], self._bounds[1])


Station = dict[str, tuple[int, int]]  # by kind: records passed, records still before it


def _station(one: dict[str, Any], passed: str, lag: str) -> Station | None:
    """None where Kafka does not answer; the feed also takes the outcomes."""
    if one["outcomes_lag"] is None:
        return None
    found = {row["kind"]: (row[passed], row[lag]) for row in one["kinds"]}
    return found | ({"outcomes": (one["outcomes_records"], one["outcomes_lag"])} if passed == "feed_records" else {})


def _ends(station: Station | None) -> dict[str, int]:
    return {kind: passed + lag for kind, (passed, lag) in (station or {}).items()}


def _has_reached(station: Station | None, bound: dict[str, int]) -> bool:
    return station is not None and all(station[kind][0] >= end for kind, end in bound.items())


def _is_published(one: dict[str, Any], snapshots: list[dict[str, Any]], waited_s: float) -> bool:
    """The first snapshots are done, and the outbox holds nothing older than the waiting."""
    from_cee = {row["kind"] for row in one["kinds"] if row["source"] == "cee"}
    done = {row["kind"] for row in snapshots if row["state"] == "done"}
    still = any(row["state"] not in ("done", "cancelled") for row in snapshots)
    outbox = one["outbox"]
    return from_cee <= done and not still and outbox is not None and (outbox["rows"] == 0 or outbox["age_s"] < waited_s)
