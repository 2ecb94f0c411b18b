"""Whose a row is (design.md 7.6): null = the whole channel, else rep numbers; and who lost it and gets a delete.

`EVERYBODY_ELSE` in `left` stands for all reps who are not in the audience.
"""

from __future__ import annotations

Audience = tuple[str, ...] | None

EVERYBODY_ELSE = "*"


def who_left(before: Audience, left: Audience, now: Audience) -> Audience:
    """Who must be told to delete the row after its audience went from `before` to `now`; None = nobody.

    `left` are those who had been told already: who has not synchronised since still needs it.
    """
    if now is None:
        return None
    if before is None or (left and EVERYBODY_ELSE in left):
        return (EVERYBODY_ELSE,)
    return tuple(sorted({*before, *(left or ())}.difference(now))) or None
