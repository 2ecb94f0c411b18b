"""A cursor outlives the release that made it."""

from __future__ import annotations

from uuid import uuid4

from services.gateway.cursor import Cursor, Place, read, write
from services.kernel import tokens

KEY = b"k" * 32


def test_cursor_keeps_the_replay_that_put_it_back() -> None:
    owner = Cursor("PL1", "d", "R1", uuid4())
    put_back = Cursor("PL1", "d", "R1", owner.db_epoch, "epoch", Place(7, 0, False), Place(3, 0, False), ("data",), 41)
    assert read(KEY, write(KEY, put_back), owner) == put_back


def test_cursor_from_before_replays_is_still_good() -> None:
    owner = Cursor("PL1", "d", "R1", uuid4())
    text = tokens.seal(KEY, "cursor.1", ["PL1", "d", "R1", owner.db_epoch.hex, "epoch", [7, 0, 0], [3, 0, 0], [0, 1]])
    assert read(KEY, text, owner).replay == 0
