"""One send behind the reads: while the records of read n are on their way, n+1 is read. Sends keep the order of the reads,
so what is read later is published later (design.md 7.4).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from services.kernel.kafka import Outgoing, Producer
from services.source.lease import Lease

Settle = Callable[[], Awaitable[None]]


class Fenced(Exception):
    """Somebody else has moved what only this loop may move: start again from what is stored."""


class Pipeline:
    """Of one channel's loop. An error of a send is raised by the next `put` or `drain`."""

    def __init__(self, lease: Lease, producer: Producer) -> None:
        self._lease, self._producer = lease, producer
        self._sending: asyncio.Task[None] | None = None

    async def put(self, records: Sequence[Outgoing], settle: Settle) -> None:
        """Waits for the send before, then starts this one; `settle` runs after the acknowledgement of all records."""
        await self.drain()
        self._sending = asyncio.create_task(self._send(records, settle))

    async def drain(self) -> None:
        """Waits until everything is sent and settled. Raises DeliveryFailed, LeaseLost, Fenced or a database's error."""
        if self._sending is not None:
            sending, self._sending = self._sending, None
            await sending

    async def abandon(self) -> None:
        """Before a new start: nothing of this one may still be on its way then."""
        with suppress(Exception):
            await self.drain()

    async def _send(self, records: Sequence[Outgoing], settle: Settle) -> None:
        await self._lease.check()
        await self._producer.send_all(records)
        await settle()
