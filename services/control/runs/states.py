"""The states of a run and which follows which: enforced here and nowhere else, published in docs/runs.md (domain.md 6)."""

from __future__ import annotations

from typing import Literal, get_args

State = Literal["scheduled", "waiting", "running", "completed", "completed_with_warnings", "completed_with_errors", "failed", "cancelled"]
STATES: tuple[State, ...] = get_args(State)
FINISHED = frozenset[State]({"completed", "completed_with_warnings", "completed_with_errors", "failed", "cancelled"})

# state -> what makes it move -> the next state
MOVES: dict[State, dict[str, State]] = {
    "scheduled": {"due": "waiting", "cancel": "cancelled"},
    "waiting": {"start": "running", "cancel": "cancelled"},
    "running": {
        "settled": "completed",
        "settled_with_warnings": "completed_with_warnings",
        "settled_with_errors": "completed_with_errors",
        "fail": "failed",
        "cancel": "cancelled",
    },
    "completed": {},
    "completed_with_warnings": {},
    "completed_with_errors": {},
    "failed": {"resume": "waiting"},
    "cancelled": {"resume": "waiting"},
}


class MoveRefused(Exception):
    """A run in this state can't do that; the text says what it can."""


def moved(state: State, what: str) -> State:
    """The state after `what`; raises MoveRefused."""
    following = MOVES[state].get(what)
    if following is None:
        can = ", ".join(MOVES[state]) or "nothing more"
        raise MoveRefused(f"A run that is {state} can't {what.replace('_', ' ')}; it can: {can}.")
    return following
