"""Pulling when there is news: the gateway's events ring, reconnects ring, and so does a long silence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from services.sandbox.device.client import Client
from services.sandbox.device.failures import Interrupted, pause

_POLL_S = 30.0


async def pull_with_news(client: Client, pull: Callable[[], Awaitable[None]], stop: asyncio.Event) -> None:
    """Until `stop`. Raises Refused: a revoked device ends here, loudly."""
    ringing = asyncio.Event()
    ringing.set()
    listening = asyncio.create_task(_listen(client, ringing))
    stopping = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            waking = asyncio.create_task(ringing.wait())
            await asyncio.wait({waking, stopping, listening}, timeout=_POLL_S, return_when=asyncio.FIRST_COMPLETED)
            waking.cancel()
            if listening.done():
                listening.result()
            if stop.is_set():
                break
            ringing.clear()
            with suppress(Interrupted):
                await pull()
    finally:
        for task in (listening, stopping):
            task.cancel()
        await asyncio.gather(listening, stopping, return_exceptions=True)


async def _listen(client: Client, ringing: asyncio.Event) -> None:
    """Rings at each event, and after each reconnect, since an event may have been missed meanwhile."""
    last: str | None = None
    failures = 0
    while True:
        try:
            async for event in client.news(last):
                last, failures = event, 0
                ringing.set()
        except Interrupted:
            failures += 1
        await asyncio.sleep(pause(failures))
        ringing.set()
