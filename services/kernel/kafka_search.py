"""Looking into logs and groups for one object's sake: the newest record of a key, within a bounded time, and who is in a group.

Used by control's explain. One of the few modules that import aiokafka; names go in and come out without the cluster's prefix.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError

from services.kernel.kafka import Partition, Unreachable, started, stopped
from services.kernel.kafka_admin import administrator
from services.kernel.settings import Kafka

ANSWER_LIMIT_S = 5.0


@dataclass(frozen=True, slots=True)
class Group:
    """A consumer group: its committed next offsets, and how many processes are in it; a killed one counts until its session has run out."""

    offsets: Mapping[Partition, int]
    members: int


async def groups(settings: Kafka, names: Sequence[str]) -> dict[str, Group]:
    """The groups by name, all asked at once. Raises Unreachable."""
    async with administrator(settings) as admin:
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                return dict(zip(names, await asyncio.gather(*[_group(admin, settings, name) for name in names]), strict=True))
        except (TimeoutError, KafkaError) as error:
            raise Unreachable(f"Kafka at {settings.bootstrap}: {error or type(error).__name__}") from error


async def _group(admin: AIOKafkaAdminClient, settings: Kafka, name: str) -> Group:
    prefix = settings.topic_prefix
    try:
        answers = await admin.describe_consumer_groups([prefix + name])
        found = await admin.list_consumer_group_offsets(prefix + name)
    except GroupCoordinatorNotAvailableError:
        return Group({}, 0)  # on a new cluster, before anybody has joined a group at all
    members = sum(len(group[5]) for answer in answers for group in answer.groups)  # code, name, state, type, protocol, members
    offsets = {(tp.topic.removeprefix(prefix), tp.partition): om.offset for tp, om in found.items() if om.offset >= 0}
    return Group(offsets, members)


@dataclass(frozen=True, slots=True)
class Sought:
    """A key to look for, from a publish time (ms) or from an offset on."""

    key: bytes
    since_ms: int | None = None
    since: int = 0


@dataclass(slots=True)
class Found:
    """A partition's bounds and the newest record of the key, as far as the search came. `complete`: to the end."""

    start: int
    end: int
    offset: int | None = None
    complete: bool = True


async def newest_of_keys(settings: Kafka, sought: Mapping[Partition, Sought], limit_s: float) -> dict[Partition, Found]:
    """Looks for one key in each partition, for `limit_s` at most. Raises Unreachable."""
    inner = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap, client_id="ceebus-search", enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await started(inner, settings)
    try:
        async with asyncio.timeout(ANSWER_LIMIT_S):
            return await _newest(inner, settings, sought, limit_s)
    except (TimeoutError, KafkaError) as error:  # asked about a topic that is not there, the client would ask for ever
        raise Unreachable(f"Kafka at {settings.bootstrap}: {error or type(error).__name__}") from error
    finally:
        await stopped(inner)


async def _newest(inner: AIOKafkaConsumer, settings: Kafka, sought: Mapping[Partition, Sought], limit_s: float) -> dict[Partition, Found]:
    tps = {TopicPartition(settings.topic_prefix + topic, number): sought[topic, number] for topic, number in sought}
    starts, ends = await inner.beginning_offsets(list(tps)), await inner.end_offsets(list(tps))
    found = {tp: Found(starts[tp], ends[tp]) for tp in tps}
    times = {tp: asked.since_ms for tp, asked in tps.items() if asked.since_ms is not None}
    first = await inner.offsets_for_times(times) if times else {}
    for tp, asked in tps.items():
        if asked.since_ms is None:
            await _search(inner, tp, (asked.key, max(asked.since, starts[tp])), found[tp], limit_s)
        elif first[tp] is not None:
            await _search(inner, tp, (asked.key, first[tp].offset), found[tp], limit_s)
    return {plain: found[tp] for plain, tp in zip(sought, tps, strict=True)}


async def _search(inner: AIOKafkaConsumer, tp: TopicPartition, key_from: tuple[bytes, int], found: Found, limit_s: float) -> None:
    """Reads one partition from an offset to its end, as far as the time allows."""
    key, place = key_from
    if place >= found.end:
        return
    inner.assign([tp])
    inner.seek(tp, place)
    until = time.monotonic() + limit_s
    while (left := until - time.monotonic()) > 0:
        for record in (await inner.getmany(tp, timeout_ms=int(left * 1000))).get(tp, ()):
            if record.key == key:
                found.offset = record.offset
        if await inner.position(tp) >= found.end:
            return
    found.complete = False
