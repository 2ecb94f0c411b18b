"""When everything that CEE had committed at the beginning has arrived."""

from __future__ import annotations

from typing import Any

from services.cli.arrival import Arrival

DONE = [{"kind": "partners", "state": "done"}]


def look(
    exporter: tuple[int, int], feed: tuple[int, int], outbox: tuple[int, float] = (0, 0.0), outcomes: tuple[int | None, int | None] = (0, 0)
) -> Any:
    """(passed, lag) of each station; the outbox as (rows, age of the oldest)."""
    kind = {
        "kind": "partners",
        "source": "cee",
        "exported_records": exporter[0],
        "exporter_lag": exporter[1],
        "feed_records": feed[0],
        "feed_lag": feed[1],
    }
    found = {"kinds": [kind], "outbox": {"rows": outbox[0], "age_s": outbox[1]}}
    return found | {"outcomes_records": outcomes[0], "outcomes_lag": outcomes[1]}


def test_nothing_has_arrived_before_the_first_snapshot_is_done() -> None:
    arrival = Arrival()
    for snapshots in ([], [{"kind": "partners", "state": "rows"}], [*DONE, {"kind": "articles", "state": "waiting"}]):
        assert not arrival.is_complete(look((0, 0), (0, 0)), snapshots, 1.0)
        assert not arrival.is_complete(look((0, 0), (0, 0)), snapshots, 2.0)


def test_one_look_is_not_enough_since_its_figures_differ_in_age() -> None:
    arrival = Arrival()
    assert not arrival.is_complete(look((5, 0), (5, 0)), DONE, 1.0)
    assert arrival.is_complete(look((5, 0), (5, 0)), DONE, 1.5)


def test_a_change_older_than_the_waiting_holds_it_and_a_younger_one_does_not() -> None:
    arrival = Arrival()
    assert not arrival.is_complete(look((5, 0), (5, 0), outbox=(1, 3.0)), DONE, 1.0)
    assert not arrival.is_complete(look((5, 0), (5, 0), outbox=(1, 4.0)), DONE, 2.0)
    assert not arrival.is_complete(look((5, 0), (5, 0), outbox=(1, 0.5)), DONE, 3.0)
    assert arrival.is_complete(look((5, 0), (5, 0), outbox=(9, 0.5)), DONE, 4.0)


def test_it_ends_although_new_records_never_stop_coming() -> None:
    arrival = Arrival()
    arrival.is_complete(look((5, 5), (0, 5)), DONE, 1.0)  # the exporter has to reach 10
    assert not arrival.is_complete(look((9, 7), (5, 4)), DONE, 2.0)
    assert not arrival.is_complete(look((12, 9), (9, 3)), DONE, 3.0)  # it has: now the feed has to reach 12
    assert not arrival.is_complete(look((20, 9), (11, 9)), DONE, 4.0)
    assert arrival.is_complete(look((30, 9), (12, 18)), DONE, 5.0)


def test_refused_records_are_waited_for_too() -> None:
    arrival = Arrival()
    arrival.is_complete(look((5, 0), (4, 0), outcomes=(0, 1)), DONE, 1.0)
    assert not arrival.is_complete(look((5, 0), (4, 0), outcomes=(0, 1)), DONE, 2.0)
    assert arrival.is_complete(look((5, 0), (4, 0), outcomes=(1, 0)), DONE, 3.0)


def test_unknown_figures_are_no_arrival() -> None:
    arrival = Arrival()
    arrival.is_complete(look((5, 0), (5, 0)), DONE, 1.0)
    assert not arrival.is_complete(look((5, 0), (5, 0), outcomes=(None, None)), DONE, 2.0)
