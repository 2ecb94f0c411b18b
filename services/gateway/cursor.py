"""How far a device has come, as an opaque signed text. Made and read by the sync and ack routes only.

A cursor belongs to one channel, device, rep, device database (db_epoch) and life of the feed (feed_epoch). It names the
newest replay that has put it back (services/gateway/replay.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from services.kernel import tokens
from services.kernel.http import Problem

GROUPS = ("data", "attachments")
PATTERN = r"^[A-Za-z0-9_-]{2,1200}\.[A-Za-z0-9_-]{22}$"
_PURPOSE = "cursor.1"
NOT_BEGUN = -1


@dataclass(frozen=True, slots=True)
class Place:
    """Where one group stands.

    `full`: this download began from nothing and has not been complete yet. `base`: the feed's position when it began;
    what was removed at or below it never reached the device, so those removals are skipped. 0 outside a full download.
    """

    position: int = 0
    base: int = NOT_BEGUN
    full: bool = True

    def begin(self, last: int) -> Place:
        return replace(self, base=last) if self.base == NOT_BEGUN else self

    def is_beyond_repair(self, oldest: int, last: int) -> bool:
        """Removals this device still needs may be forgotten, or it is ahead of the feed."""
        known = max(self.position, self.base) if self.full else self.position
        return self.base != NOT_BEGUN and (known < oldest or self.position > last)


@dataclass(frozen=True, slots=True)
class Cursor:
    """One device's place in its channel's feed; `complete` names the groups that are whole at this place."""

    channel: str
    device: str
    rep: str
    db_epoch: UUID
    feed_epoch: str = ""
    data: Place = Place()
    attachments: Place = Place()
    complete: tuple[str, ...] = ()
    replay: int = 0

    def place(self, group: str) -> Place:
        return self.data if group == "data" else self.attachments

    def moved(self, places: dict[str, Place], complete: tuple[str, ...], feed_epoch: str) -> Cursor:
        return replace(self, complete=complete, feed_epoch=feed_epoch, **places)  # type: ignore[arg-type]


def write(key: bytes, cursor: Cursor) -> str:
    """The text a device keeps."""
    places = [[place.position, place.base, int(place.full)] for place in (cursor.data, cursor.attachments)]
    owner = [cursor.channel, cursor.device, cursor.rep, cursor.db_epoch.hex, cursor.feed_epoch]
    return tokens.seal(key, _PURPOSE, [*owner, *places, [GROUPS.index(group) for group in cursor.complete], cursor.replay])


def read(key: bytes, text: str, owner: Cursor) -> Cursor:
    """The cursor in `text` if it belongs to `owner` (a fresh cursor of who asks); raises Problem otherwise."""
    try:
        values = tokens.unseal(key, _PURPOSE, text)
    except tokens.BadSeal:
        raise Problem(403, "cursor_invalid", "This cursor was not made here or was altered. Pull again without a cursor.") from None
    found = _from(values)
    if found.channel != owner.channel:
        raise Problem(403, "cursor_of_other_channel", "This cursor belongs to another sales channel. Pull again without a cursor.")
    if found.device != owner.device:
        raise Problem(403, "cursor_of_other_device", "This cursor belongs to another device. Pull again without a cursor.")
    if found.db_epoch != owner.db_epoch:
        raise Problem(409, "cursor_of_other_epoch", "This cursor belongs to another database of this device. Pull again without a cursor.")
    if found.rep != owner.rep:
        raise resync("The device was given to another sales representative.")
    # a channel without a feed yet: nothing to go on from, everything still to come
    return found if found.feed_epoch else replace(owner, complete=found.complete, replay=found.replay)


def resync(why: str) -> Problem:
    """The answer that starts a full download; the device keeps the data it has until that is complete."""
    return Problem(410, "resync_required", f"{why} Pull again without a cursor; keep the present data in use until the new is complete.")


def _from(values: list[Any]) -> Cursor:
    channel, device, rep, db_epoch, feed_epoch, data, attachments, complete, *replay = values
    first, second = (Place(position, base, bool(full)) for position, base, full in (data, attachments))
    owner = (channel, device, rep, UUID(hex=db_epoch), feed_epoch)
    return Cursor(*owner, first, second, tuple(GROUPS[at] for at in complete), *replay)  # a device may keep one from before replays
