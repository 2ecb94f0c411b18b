"""One channel's record on the compacted topic `channels`: its settings as CEE states them, published by the loop that holds the channel."""

from __future__ import annotations

from pathlib import Path

import orjson
from pydantic import ValidationError

from schemas import topics
from schemas.channel import Channel
from schemas.envelope import cee_headers, object_version
from services.kernel.kafka import Outgoing
from services.kernel.kafka_admin import ensure_topics
from services.kernel.logging import log
from services.kernel.postgres import Connection, Queries
from services.kernel.settings import Settings

QUERIES = Queries(Path(__file__).with_name("queries.sql"))


class SettingsRecord:
    """Reads the channel's row and publishes it when it differs from what this process published last."""

    def __init__(self, channel: str, reader: Connection, settings: Settings) -> None:
        self._channel, self._reader, self._kafka = channel, reader, settings.kafka
        self._source = f"/cee/{settings.installation}".encode()
        self._last: bytes | None = None
        self._standing: Channel | None = None  # the last valid settings
        self.step: int | None = None  # of the channel's stored cursor; None without one
        self.gone = False

    async def read(self) -> tuple[Channel | None, Outgoing | None]:
        """The settings (None: CEE has no such channel any more) and the record to send, if any; topics exist by then."""
        drawn = await self._reader.fetchrow(QUERIES.draw, self._channel)
        row = await self._reader.fetchrow(QUERIES.channel_settings, self._channel)
        assert drawn is not None
        self.step, self.gone = (row["step"], False) if row else (None, True)
        channel = self._valid(row["body"], row["active"]) if row else None
        if row is not None and channel is None:
            return self._standing, None
        self._standing = channel
        value = channel.model_dump_json().encode() if channel else None
        if value == self._last and self._last is not None:
            return channel, None
        if channel is not None and channel.active:
            await ensure_topics(self._kafka, topics.declared(self._channel))
        version = object_version(drawn["incarnation"], drawn["number"])
        await self._reader.execute(QUERIES.keep_channel, self._channel, version)
        return channel, Outgoing(
            topics.CHANNELS, 0, self._channel.encode(), value, cee_headers("channels", self._channel, version, self._source)
        )

    async def sent(self, record: Outgoing) -> None:
        """Called when the broker has acknowledged the record."""
        self._last = record.value
        if record.value is None:
            await self._reader.execute(QUERIES.settle_channel, self._channel)

    def _valid(self, body: dict[str, object], active: bool) -> Channel | None:
        """None for settings outside the contract: the channel's last valid record stands until they are put right."""
        try:
            return Channel.model_validate_json(orjson.dumps(body | {"id": self._channel, "active": active}))
        except ValidationError as error:
            log.error("settings of a channel are not valid", action="channel_invalid", channel=self._channel, error=str(error))
            return None
