"""A stretch that a lane reads off its marker, and what of a marker that was moved is to be read so."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is still to be read off the marker: from `begin` until `end`."""

    begin: int
    end: int
    parking: bool = False


def left_out(left: Stretch | None, before: int, after: int) -> Stretch | None:
    """What of a moved marker is to be read off it. What a forward move leaves out becomes due instead of being lost: it is parked.

    What a stretch had still to bring before the marker, wherever that is now, is read as well: an earlier move may have left it out.
    """
    unread = left is not None and left.begin < min(before, after)
    if after > before:
        return Stretch(left.begin if left is not None and unread else before, after, True)
    return Stretch(left.begin, min(left.end, after), left.parking) if left is not None and unread else None
