"""Which run a record belongs to, as its headers say: `ce_runid`, the run's uuid, and `ce_force` `1` for a run that is forced.

The source writes them, exporter and importer carry them on, feed and writer count by them. A record without belongs to no run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from uuid import UUID

RUN, FORCE = "ce_runid", "ce_force"
_FORCED = b"1"


def stamped(headers: Sequence[tuple[str, bytes]], run: str | None, force: bool) -> Sequence[tuple[str, bytes]]:
    """The headers of a record that a lane passes on for `run`, whatever run they named; without a run they stay what they are."""
    if run is None:
        return headers
    kept = [(name, value) for name, value in headers if name not in (RUN, FORCE)]
    return [*kept, (RUN, run.encode()), *([(FORCE, _FORCED)] if force else [])]


def run_of(headers: Mapping[str, bytes]) -> UUID | None:
    """None also for an id that is none: an object is not parked because nobody can count it."""
    stated = headers.get(RUN)
    return None if stated is None else _uuid(stated)


@lru_cache(maxsize=256)
def _uuid(text: bytes) -> UUID | None:
    try:
        return UUID(text.decode())
    except ValueError:
        return None


def is_forced(headers: Mapping[str, bytes]) -> bool:
    """Devices get the object again, though its content is what they have."""
    return headers.get(FORCE) == _FORCED
