"""How much of a scenario is run: all of it (`make faults`), or the short form of `make test` and `make scenarios`.

FAULTS=full, which `make faults` sets, chooses the full form. Only amounts differ: what must have been seen is asserted in both.
"""

from __future__ import annotations

import os

FULL = os.environ.get("FAULTS") == "full"


def full_or(full: int, short: int) -> int:
    """An amount (rounds, kills, records) of the form that is run; each of what is drawn from must come at least once in `short`."""
    return full if FULL else short
