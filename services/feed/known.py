"""What the database has of a key when a record of it is judged. Read by store.py, decided upon in apply.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.feed.record import Incoming


@dataclass(slots=True)
class Known:
    """What the database has of a key; None where there is nothing. Fields in the order of query `known`."""

    objectversion: int | None = None
    hash: bytes | None = None
    op: str | None = None
    version: int | None = None
    audience: Sequence[str] | None = None
    left_audience: Sequence[str] | None = None
    removed: bool | None = None
    position: int | None = None
    topic_partition: int | None = None
    topic_offset: int | None = None
    waiting: int | None = None
    due: int | None = None
    ledger: int | None = None
    run: UUID | None = None

    @property
    def seen(self) -> bool:
        """Some device may have it: a removal of anything else is not sent (domain.md 7.3)."""
        return bool(self.position)

    @property
    def live(self) -> bool:
        return self.removed is False

    def sent_as(self, record: Incoming) -> bool:
        """Its run has put this very state into the feed: a repeated delivery."""
        return self.run is not None and (self.run, self.objectversion) == (record.run, record.objectversion)


UNKNOWN = Known()
