"""The channels there are: those CEE has, and those the bus knows. Either side may be away."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError

from schemas.channel import Channel
from services.control.cee import SQL, Cee, CeeAway
from services.kernel.channels import ChannelFollower
from services.kernel.http import Problem
from services.kernel.kafka import Unreachable
from services.kernel.logging import log
from services.kernel.settings import Kafka

RETRY_S = 2.0


@dataclass(frozen=True, slots=True)
class Known:
    """One channel. `settings` are CEE's own words if CEE answers, else what it said last on the bus."""

    id: str
    active: bool
    settings: dict[str, Any]
    in_cee: bool | None  # None: CEE does not answer
    on_bus: bool  # the source has published it, so every role knows it
    invalid: str | None  # why the settings are outside the contract; the bus keeps the last valid ones


class Channels:
    """Follows the topic `channels` in the background and asks CEE when asked."""

    def __init__(self, kafka: Kafka, client: str, cee: Cee) -> None:
        self._kafka, self._client, self._cee = kafka, client, cee
        self._follower: ChannelFollower | None = None

    async def run(self) -> None:
        """Until cancelled; a Kafka that is away is tried again."""
        while True:
            try:
                async with ChannelFollower(self._kafka, self._client) as follower:
                    self._follower = follower
                    await asyncio.Event().wait()
            except Unreachable as error:
                log.warning(str(error), action="channels_unreachable")
            await asyncio.sleep(RETRY_S)

    def kafka_problem(self) -> str | None:
        """None once the topic has been read."""
        return None if self._follower else f"Kafka has not answered at {self._kafka.bootstrap}"

    def is_inactive(self, channel: str) -> bool:
        """As the bus says; nothing is said while Kafka is away."""
        known = self._follower.channels.get(channel) if self._follower else None
        return known is not None and not known.active

    def transferring(self) -> list[str]:
        """Ids of the active channels, as the bus knows them: nobody is asked."""
        return self._follower.active() if self._follower else []

    async def all(self) -> list[Known]:
        """Every channel, by id."""
        bus = dict(self._follower.channels) if self._follower else {}
        try:
            rows = await self._cee.fetch(SQL.channels, limit_s=10)
        except CeeAway as error:
            log.warning(str(error), action="cee_away")
            return [_of_bus(channel, None) for _, channel in sorted(bus.items())]
        found = {row["channel"]: _of_cee(row, row["channel"] in bus) for row in rows}
        found |= {name: _of_bus(channel, False) for name, channel in bus.items() if name not in found}
        return [found[name] for name in sorted(found)]

    async def one(self, channel: str) -> Known:
        """Raises Problem 404 `channel_unknown`."""
        every = await self.all()
        for known in every:
            if known.id == channel:
                return known
        names = ", ".join(known.id for known in every) or "none"
        raise Problem(404, "channel_unknown", f"There is no channel {channel}. Known channels: {names}.")


def _of_bus(channel: Channel, in_cee: bool | None) -> Known:
    return Known(channel.id, channel.active, channel.model_dump(mode="json"), in_cee, True, None)


def _of_cee(row: Any, on_bus: bool) -> Known:
    fields = row["body"] | {"id": row["channel"], "active": row["active"]}
    invalid = None
    try:
        fields = Channel.model_validate_json(orjson.dumps(fields)).model_dump(mode="json")
    except ValidationError as error:
        invalid = "; ".join(f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors())
    return Known(row["channel"], row["active"], fields, True, on_bus, invalid)
