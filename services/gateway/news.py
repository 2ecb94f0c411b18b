"""Server-sent events: "there is news" with the feed's position. Two queries a tick for all listeners of a channel, however many.

A device hears at once of what is for it or was; what is for others it may hear of with the next heartbeat, so that its cursor follows.
Woken by NOTIFY ceebus_feed and by a tick, since LISTEN may die silently. Streams end at shutdown, with their session, after
their time, and when the same device opens another one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from uuid import UUID

import orjson

from services.gateway.access import SQL, Identity
from services.kernel.logging import log
from services.kernel.postgres import ConnectionLost, DatabaseError, Pool, Row, listen

TICK_SECONDS = 1.0
LOOK_AT_MOST = 5000  # changes of a channel at a time: behind more of them is something for nearly everybody
HEARTBEAT_SECONDS = 15.0


Concerned = frozenset[str] | None  # reps and senders; None: everybody


class _Listener:
    """One open stream: what it was told last, and a bell."""

    def __init__(self, identity: Identity, told: str) -> None:
        self.identity, self.told, self.news = identity, told, ""
        self.over = False
        self.bell = asyncio.Event()
        self.looked = False  # whether what came since `told` has been looked at
        self.owed_since: float | None = None  # news for others only, not told yet

    def hears(self, concerned: Concerned, patience: float) -> bool:
        """Whether to tell it now that its channel has moved."""
        names = {self.identity.rep, f"device/{self.identity.device}"}
        owed, self.owed_since = self.owed_since, None
        if not self.looked or concerned is None or names & concerned or (owed and time.monotonic() - owed >= patience):
            self.looked = True
            return True
        self.owed_since = owed or time.monotonic()
        return False

    def end(self) -> None:
        self.over = True
        self.bell.set()


class News:
    """The listeners of this process."""

    def __init__(self, pool: Pool, url: str, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self._pool, self._url, self._heartbeat = pool, url, heartbeat
        self._listeners: dict[str, _Listener] = {}
        self._seen: dict[str, tuple[UUID, int]] = {}  # epoch and position up to which a channel was looked at
        self._woken = asyncio.Event()
        self._closed = False

    async def run(self, stop: asyncio.Event) -> None:
        """Follows the feed until `stop`, then ends all streams."""
        listening = asyncio.create_task(self._listen())
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                waking = asyncio.create_task(self._woken.wait())
                await asyncio.wait({stopping, waking}, timeout=TICK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                waking.cancel()
                self._woken.clear()
                try:
                    await self._look()
                except (*ConnectionLost, DatabaseError, TimeoutError) as error:
                    log.warning(str(error), action="news_database_lost")
        finally:
            self._closed = True
            for listener in self._listeners.values():
                listener.end()
            for task in (listening, stopping):
                task.cancel()

    async def _listen(self) -> None:
        async for _ in listen(self._url, "ceebus_feed"):
            self._woken.set()

    async def _look(self) -> None:
        if not self._listeners:
            return
        channels = sorted({listener.identity.channel for listener in self._listeners.values()})
        found = {row["channel"]: row for row in await self._pool.fetch(SQL.news, channels)}
        concerned = {channel: await self._concerned(row) for channel, row in found.items()}
        allowed = {row["id"]: row["session"] for row in await self._pool.fetch(SQL.still_in, list(self._listeners))}
        for device, listener in list(self._listeners.items()):
            if allowed.get(device) != listener.identity.session:
                listener.end()
            row = found.get(listener.identity.channel)
            if row and row["id"] == listener.told:
                listener.looked = True
            elif row and listener.hears(concerned[row["channel"]], self._heartbeat):
                listener.news = row["id"]
                listener.bell.set()
        self._seen |= {channel: (row["epoch"], row["last"]) for channel, row in found.items()}

    async def _concerned(self, row: Row) -> Concerned:
        """Whom what was added since the last look is for."""
        channel, epoch, last = row["channel"], row["epoch"], row["last"]
        before = self._seen.get(channel)
        if before == (epoch, last):
            return frozenset()
        if before is None or before[0] != epoch or not 0 < last - before[1] <= LOOK_AT_MOST:
            return None
        who = [one["who"] for one in await self._pool.fetch(SQL.concerned, channel, before[1], last)]
        return None if None in who or "*" in who else frozenset(who)

    async def stream(self, identity: Identity, told: str, seconds: float) -> AsyncIterator[bytes]:
        """Events for one device, for at most `seconds`; `told` is the id of the last event it has, or empty."""
        listener = _Listener(identity, told)
        if before := self._listeners.get(identity.device):
            before.end()
        self._listeners[identity.device] = listener
        ends = time.monotonic() + seconds
        self._woken.set()
        try:
            yield b"retry: 1000\n: listening\n\n"
            while not (listener.over or self._closed) and (left := ends - time.monotonic()) > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(left, self._heartbeat)):
                        await listener.bell.wait()
                listener.bell.clear()
                yield self._event(listener)
        finally:
            if self._listeners.get(identity.device) is listener:
                del self._listeners[identity.device]

    @staticmethod
    def _event(listener: _Listener) -> bytes:
        if not listener.news or listener.news == listener.told or listener.over:
            return b": still here\n\n"
        listener.told = listener.news
        position = int(listener.told.rpartition(":")[2])
        return b"event: news\nid: %s\ndata: %s\n\n" % (listener.told.encode(), orjson.dumps({"position": position}))
