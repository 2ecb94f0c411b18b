"""Progress of runs as server-sent events: each stream looks at its run a few times a second, and only tells what has changed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import UUID

from services.control.cee import Cee
from services.control.runs.states import FINISHED
from services.control.runs.views import detail
from services.kernel.postgres import Pool

LOOK_S = 0.2
HEARTBEAT_S = 15.0


class Progress:
    """`stop` ends the streams: a server that stops must not wait for them."""

    def __init__(self, pool: Pool, cee: Cee, stop: asyncio.Event) -> None:
        self._pool, self._cee, self._stop = pool, cee, stop

    async def events(self, run: UUID, seconds: float) -> AsyncIterator[bytes]:
        """Events named `run` with a counting id, for at most `seconds`; the first comes at once, the last one shows the end."""
        said, number, quiet = b"", 0, 0.0
        until = time.monotonic() + seconds
        while not self._stop.is_set():
            shown = await detail(self._pool, self._cee, run)
            body = shown.model_dump_json().encode()
            if body != said:
                said, number, quiet = body, number + 1, 0.0
                yield b"id: %d\nevent: run\ndata: %s\n\n" % (number, body)
            elif quiet >= HEARTBEAT_S:
                quiet = 0.0
                yield b": still here\n\n"
            if shown.state in FINISHED or time.monotonic() >= until:
                return
            quiet += LOOK_S
            await asyncio.sleep(LOOK_S)
