"""The demo's proof: nothing that ended otherwise, was lost, or came from nowhere passes for right."""

from __future__ import annotations

from services.sandbox.demo.proof import OUTCOMES, Expected, wrong_ends, wrong_figures
from services.sandbox.demo.times import Times
from services.sandbox.reps.day import Made

ORDER = Expected(Made("documents", "d1", {}), "R1")
REFUSED = Expected(Made("documents", "d2", {}), "R1", "rejected", "quote_expired")
EXPECTED = {("documents", "d1", 1): ORDER, ("documents", "d2", 1): REFUSED}
TOLD = {("documents", "d1", 1): ("imported", None), ("documents", "d2", 1): ("rejected", "quote_expired")}
NONE = dict.fromkeys(OUTCOMES, 0)
FIGURES = {"partners": NONE, "documents": NONE | {"imported": 1, "rejected": 1}, "attachments": NONE, "visits": NONE}


def test_what_ended_as_it_must_is_no_finding() -> None:
    assert list(wrong_ends(EXPECTED, TOLD)) == []  # type: ignore[arg-type]
    assert list(wrong_figures(EXPECTED.values(), FIGURES)) == []


def test_another_end_another_code_and_none_at_all_are_findings() -> None:
    wrong = TOLD | {("documents", "d1", 1): ("waiting", "partner_blocked"), ("documents", "d2", 1): ("rejected", "totals_mismatch")}
    assert list(wrong_ends(EXPECTED, wrong)) == [  # type: ignore[arg-type]
        "documents d1/1 of R1: waiting partner_blocked instead of imported",
        "documents d2/1 of R1: rejected totals_mismatch instead of rejected quote_expired",
    ]
    assert list(wrong_ends({("documents", "d1", 1): ORDER}, {})) == ["documents d1/1 of R1: None instead of imported"]


def test_an_answer_to_something_nobody_sent_is_a_finding() -> None:
    found = list(wrong_ends(EXPECTED, TOLD | {("visits", "v1", 2): ("imported", None)}))  # type: ignore[arg-type]
    assert found == ["visits v1/2: an answer to something nobody sent"]


def test_figures_that_count_something_twice_are_a_finding() -> None:
    twice = FIGURES | {"documents": NONE | {"imported": 2, "rejected": 1}}
    assert list(wrong_figures(EXPECTED.values(), twice)) == ["documents: control counts 2 imported instead of 1"]


def test_times_of_nothing_say_nothing() -> None:
    assert Times(()).as_json() == {"p50": None, "p99": None, "samples": 0}
    assert Times(tuple(float(number) for number in range(100))).as_json() == {"p50": 50.0, "p99": 99.0, "samples": 100}
