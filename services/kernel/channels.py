"""The channels as CEE last stated them: every role follows the compacted topic `channels` instead of asking CEE."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from types import TracebackType

from schemas.channel import Channel
from schemas.envelope import header
from schemas.topics import CHANNELS, channels
from services.kernel.kafka import Record
from services.kernel.kafka_admin import ensure_topics
from services.kernel.kafka_read import follow
from services.kernel.logging import log
from services.kernel.settings import Kafka


class ChannelFollower(AbstractAsyncContextManager["ChannelFollower"]):
    """Settings by channel id; entered when it has read the topic to its end, and current from then on."""

    def __init__(self, settings: Kafka, client: str) -> None:
        self._settings, self._client = settings, client
        self.channels: dict[str, Channel] = {}
        self._versions: dict[str, int] = {}
        self._changed = asyncio.Condition()
        self._ready = asyncio.Event()
        self.changes = 0

    async def __aenter__(self) -> ChannelFollower:
        await ensure_topics(self._settings, [channels()])
        self._task = asyncio.create_task(self._run())
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait({self._task, ready}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            ready.cancel()
            await self._task
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                async for records in follow(self._settings, CHANNELS, self._client):
                    await self._take(records)
            except Exception as error:
                if not self._ready.is_set():
                    raise
                log.warning("channels cannot be followed, trying again", action="channels_lost", error=str(error))
                await asyncio.sleep(1)

    async def _take(self, records: list[Record]) -> None:
        if not records:
            self._ready.set()
        async with self._changed:
            for record in records:
                channel = (record.key or b"").decode()
                if record.value is None:
                    self.channels.pop(channel, None)
                else:
                    self.channels[channel] = Channel.model_validate_json(record.value)
                self._versions[channel] = int(header(record.headers, "ce_objectversion") or 0)
            self.changes += 1
            self._changed.notify_all()

    def active(self) -> list[str]:
        """Ids of the channels that transfer."""
        return sorted(channel.id for channel in self.channels.values() if channel.active)

    async def changed(self, since: int) -> int:
        """Waits until something changed after `since` (a value of `changes`)."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.changes != since)
            return self.changes

    async def at_least(self, channel: str, version: int, limit_s: float = 30) -> Channel | None:
        """The settings, not older than the object version the source knew when it read a record of the channel."""
        if self._versions.get(channel, 0) < version:
            log.info("settings of the channel are awaited", action="settings_awaited", channel=channel, version=version)
            async with asyncio.timeout(limit_s), self._changed:
                await self._changed.wait_for(lambda: self._versions.get(channel, 0) >= version)
        return self.channels.get(channel)
