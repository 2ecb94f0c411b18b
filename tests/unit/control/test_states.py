"""What a run may do in which state, and that docs/runs.md says the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.control.runs.states import FINISHED, MOVES, STATES, MoveRefused, moved

DOCS = Path(__file__).parents[3] / "docs" / "runs.md"


def test_the_documented_table_is_the_enforced_one() -> None:
    documented: dict[str, set[str]] = {}
    for state, moves in re.findall(r"^\| (\w+) \|[^|]*\|([^|]*)\|$", DOCS.read_text(), flags=re.MULTILINE):
        if state in MOVES:
            documented[state] = {name for part in re.findall(r"→ ([\w, ]+)", moves) for name in re.split(r", | or ", part.strip())}
    assert documented == {state: set(following.values()) for state, following in MOVES.items()}


def test_every_state_is_in_the_table_and_every_move_leads_to_one() -> None:
    assert set(MOVES) == set(STATES)
    assert {after for following in MOVES.values() for after in following.values()} <= set(STATES)
    assert {state for state, following in MOVES.items() if set(following) <= {"resume"}} == FINISHED


@pytest.mark.parametrize(("state", "what"), [("completed", "cancel"), ("running", "resume"), ("cancelled", "start"), ("waiting", "fail")])
def test_other_moves_are_refused_with_what_is_possible(state: str, what: str) -> None:
    with pytest.raises(MoveRefused, match=f"A run that is {state} can't {what}"):
        moved(state, what)  # type: ignore[arg-type]
