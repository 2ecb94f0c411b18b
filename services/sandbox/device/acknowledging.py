"""Acknowledgements beside the pulls of a device that follows: no pull waits for them, and of several only the last is sent."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, suppress
from types import TracebackType

from services.sandbox.device.client import Client
from services.sandbox.device.failures import Interrupted, Refused


class Acknowledging(AbstractAsyncContextManager["Acknowledging"]):
    """At its end what was put last has been sent, or tried."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._cursor: str | None = None
        self._sending: asyncio.Task[None] | None = None

    def put(self, cursor: str) -> None:
        """This cut is in use on the device."""
        self._cursor = cursor
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send())

    async def _send(self) -> None:
        while (cursor := self._cursor) is not None:
            self._cursor = None
            with suppress(Interrupted, Refused):  # the next one acknowledges this one too; who is refused hears it from his next pull
                await self._client.ack(cursor)

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._sending is not None:
            await self._sending
