"""How fast a replay may go: so many records a second, whatever the batches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable


class Rate:
    """A bucket that holds one batch: what was not used of a second is not made up for later."""

    def __init__(
        self, per_second: int, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._per_second, self._clock, self._sleep = per_second, clock, sleep
        self._free_at = clock()

    async def take(self, records: int) -> None:
        """Returns when so many records may go."""
        now = self._clock()
        begins = max(self._free_at, now)
        self._free_at = begins + records / self._per_second
        if begins > now:
            await self._sleep(begins - now)
