"""The port to an ERP: what the writer's core asks of whatever stands behind it. `target/reference.py` is the reference CEE's.

The core has locked the channel's gate row, taken repeats out and made sure that each source_id comes once per call.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from schemas.channel import Channel
from services.kernel.postgres import Connection
from services.writer.model import Answer, Upload


class CeeTarget(Protocol):
    """One operation per kind: what becomes of the uploads of one channel, in order; effects go into `connection`'s open transaction.

    Exactly one answer per upload, in the same order. Reads and writes the whole batch at once, never one query a record.
    Does not touch the writer's own tables (inbox, imported, waiting, answer), except to read `ceebus.imported`.
    `now` is UTC. A refused row of the database may be raised as it is: the core then tries the uploads one by one.
    """

    async def partners(self, connection: Connection, channel: Channel, uploads: Sequence[Upload], now: datetime) -> list[Answer]: ...

    async def documents(self, connection: Connection, channel: Channel, uploads: Sequence[Upload], now: datetime) -> list[Answer]: ...

    async def attachments(self, connection: Connection, channel: Channel, uploads: Sequence[Upload], now: datetime) -> list[Answer]: ...

    async def visits(self, connection: Connection, channel: Channel, uploads: Sequence[Upload], now: datetime) -> list[Answer]: ...
