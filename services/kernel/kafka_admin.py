"""Topics and offsets as an administrator sees them: what exists, what is missing, who committed what. Never deletes.

Beside kafka.py the only module that imports aiokafka; topic names go in and come out without the cluster's prefix.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError, TopicAlreadyExistsError, for_code

from schemas.envelope import header
from schemas.topics import TopicSpec
from services.kernel.kafka import Partition, Record, Unreachable, started, stopped
from services.kernel.settings import Kafka

ANSWER_LIMIT_S = 10.0  # of questions about the log; an operator waits for the answer
_SET_FOR_TOPIC = 1  # the protocol's DYNAMIC_TOPIC_CONFIG


@asynccontextmanager
async def administrator(settings: Kafka) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.bootstrap, client_id="ceebus-admin")
    await started(admin, settings)
    try:
        yield admin
    finally:
        await admin.close()


async def topics_present(settings: Kafka) -> dict[str, int]:
    """Topic name without prefix -> number of partitions, of those that carry our prefix."""
    async with administrator(settings) as admin:
        described = await admin.describe_topics()
    prefix = settings.topic_prefix
    return {
        t["topic"].removeprefix(prefix): len(t["partitions"]) for t in described if t["topic"].startswith(prefix) and not t["is_internal"]
    }


async def ensure_topics(settings: Kafka, specs: Sequence[TopicSpec]) -> list[str]:
    """Creates what is missing and waits for leaders; never deletes or changes partitions. Returns the created names."""
    async with administrator(settings) as admin:
        wanted = {settings.topic_prefix + spec.name: spec for spec in specs}
        present = set(await admin.list_topics())
        missing = [name for name in wanted if name not in present]
        if missing:
            replication = min(3, len((await admin.describe_cluster())["brokers"]))
            new = [NewTopic(name, wanted[name].partitions, replication, topic_configs=wanted[name].config) for name in missing]
            answer = await admin.create_topics(new)
            for name, code, *rest in answer.topic_errors:
                if code and for_code(code) is not TopicAlreadyExistsError:
                    raise for_code(code)(f"{name}: {rest}")
            await _wait_for_leaders(admin, missing)
        return [name.removeprefix(settings.topic_prefix) for name in missing]


async def _wait_for_leaders(admin: AIOKafkaAdminClient, names: Sequence[str]) -> None:
    """Right after a creation the first sends would meet partitions without leader."""
    for _ in range(200):
        described = await admin.describe_topics(list(names))
        if all(t["error_code"] == 0 and t["partitions"] and all(p["leader"] >= 0 for p in t["partitions"]) for t in described):
            return
        await asyncio.sleep(0.05)
    raise Unreachable(f"Topics without leader after 10 s: {', '.join(names)}. See the broker's log.")


async def topic_configs(settings: Kafka, names: Sequence[str]) -> dict[str, dict[str, str]]:
    """What was set for each topic itself; the broker's defaults are left out, so that writing it back freezes none of them."""
    resources = [ConfigResource(ConfigResourceType.TOPIC, settings.topic_prefix + name) for name in names]
    async with administrator(settings) as admin:
        answers = await admin.describe_configs(resources)
    found: dict[str, dict[str, str]] = {}
    for answer in answers:
        for _code, _message, _type, name, entries in answer.resources:
            found[name.removeprefix(settings.topic_prefix)] = {entry[0]: entry[1] for entry in entries if entry[3] == _SET_FOR_TOPIC}
    return found


async def alter_topic(settings: Kafka, name: str, config: dict[str, str]) -> None:
    """Writes the whole set of a topic's own settings: `config` must hold those that shall stay (T29)."""
    async with administrator(settings) as admin:
        answers = await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, settings.topic_prefix + name, configs=config)])
    for answer in answers:
        for code, message, *_ in answer.resources:
            if code:
                raise for_code(code)(f"{name}: {message}")


async def group_offsets(settings: Kafka, group: str) -> dict[Partition, tuple[int, str]]:
    """Committed (next offset, metadata) of a consumer group, whoever committed them."""
    async with administrator(settings) as admin:
        try:
            found = await admin.list_consumer_group_offsets(settings.topic_prefix + group)
        except GroupCoordinatorNotAvailableError:
            return {}  # on a new cluster, before anybody has joined a group at all
    prefix = settings.topic_prefix
    return {(tp.topic.removeprefix(prefix), tp.partition): (om.offset, om.metadata or "") for tp, om in found.items() if om.offset >= 0}


async def log_bounds(settings: Kafka, partitions: Sequence[Partition]) -> dict[Partition, tuple[int, int]]:
    """Log start and end offset of each partition; one that does not exist is left out. Raises Unreachable after ANSWER_LIMIT_S."""
    async with _onlooker(settings, partitions) as (inner, tps):
        starts, ends = await inner.beginning_offsets(list(tps)), await inner.end_offsets(list(tps))
        return {plain: (starts[tp], ends[tp]) for tp, plain in tps.items()}


async def log_since(settings: Kafka, partitions: Sequence[Partition], since_ms: int | None) -> dict[Partition, tuple[int, int]]:
    """By partition the first offset published at or after the moment (None: that is there), and where the log ends now (T32).

    A partition that does not exist is left out.
    """
    try:
        async with _onlooker(settings, partitions) as (inner, tps):
            ends = await inner.end_offsets(list(tps))
            if since_ms is None:
                starts = await inner.beginning_offsets(list(tps))
            else:
                found = await inner.offsets_for_times(dict.fromkeys(tps, since_ms))
                starts = {tp: min(at.offset, ends[tp]) if at else ends[tp] for tp, at in found.items()}
            return {plain: (starts[tp], ends[tp]) for tp, plain in tps.items()}
    except KafkaError as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from error


async def changed_at(settings: Kafka, places: Mapping[Partition, int]) -> dict[Partition, int]:
    """When (ms) what the first record at or after each offset tells about was committed in CEE, else published.

    Nothing for a partition that has no record there yet.
    """
    found: dict[Partition, int] = {}
    async with _onlooker(settings, list(places)) as (inner, tps):
        inner.assign(list(tps))
        for tp, plain in tps.items():
            inner.seek(tp, places[plain])
        while missing := [tp for tp, plain in tps.items() if plain not in found]:
            fetched = await inner.getmany(*missing, timeout_ms=500)
            if not fetched:
                break
            found |= {tps[tp]: _event_ms(records[0]) for tp, records in fetched.items()}
    return found


@asynccontextmanager
async def _onlooker(
    settings: Kafka, partitions: Sequence[Partition]
) -> AsyncIterator[tuple[AIOKafkaConsumer, dict[TopicPartition, Partition]]]:
    """A consumer without a group that knows the leaders of those partitions that exist, for ANSWER_LIMIT_S."""
    inner = AIOKafkaConsumer(
        bootstrap_servers=settings.bootstrap,
        client_id="ceebus-bounds",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=64 * 1024,  # one record of each is wanted; Kafka sends at least one batch
    )
    await started(inner, settings)
    try:
        async with asyncio.timeout(ANSWER_LIMIT_S):
            # all at once: asked for offsets of topics it does not know, the client learns one a tenth of a second, and of one
            # that is no more it goes on asking for ever
            await inner._client.set_topics({settings.topic_prefix + topic for topic, _ in partitions})
            tps = {TopicPartition(settings.topic_prefix + topic, number): (topic, number) for topic, number in partitions}
            yield inner, {tp: plain for tp, plain in tps.items() if tp.partition in (inner.partitions_for_topic(tp.topic) or ())}
    except TimeoutError as error:
        raise Unreachable(f"Kafka at {settings.bootstrap} did not say within {ANSWER_LIMIT_S:.0f} s where its logs end.") from error
    finally:
        await stopped(inner)


def _event_ms(record: Record) -> int:
    """Snapshots carry no moment of their own."""
    said = header(record.headers, "ce_time")
    try:
        return int(datetime.fromisoformat(said.decode()).timestamp() * 1000) if said else record.timestamp
    except ValueError:
        return record.timestamp
