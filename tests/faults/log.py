"""The whole log of some topics and the members of a group, as an onlooker sees them who belongs to no group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.protocol.group import LeaveGroupRequest

from schemas import topics
from schemas.envelope import header
from services.kernel.kafka import Partition, Record
from services.kernel.kafka_admin import administrator
from services.kernel.settings import Kafka

STREAMS = ("cee", "export", "outcomes")
Version = tuple[str, str, int]  # kind, key, object version


@dataclass(frozen=True)
class Member:
    """One process of a consumer group and how many partitions it has."""

    id: str
    partitions: int


async def read_log(settings: Kafka, channel: str, streams: Sequence[str] = STREAMS) -> dict[Partition, list[Record]]:
    """All records of a channel's topics up to where they end now."""
    names = [spec.name for spec in topics.declared(channel) if spec.name.partition(".")[0] in streams]
    inner = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap, client_id="onlooker", enable_auto_commit=False, auto_offset_reset="none")
    await inner.start()
    try:
        async with administrator(settings) as admin:
            described = await admin.describe_topics([settings.topic_prefix + name for name in names])
        tps = [TopicPartition(t["topic"], p["partition"]) for t in described for p in t["partitions"]]
        inner.assign(tps)
        await inner.seek_to_beginning(*tps)
        ends = await inner.end_offsets(tps)
        found: dict[Partition, list[Record]] = {(tp.topic.removeprefix(settings.topic_prefix), tp.partition): [] for tp in tps}
        while any([await inner.position(tp) < ends[tp] for tp in tps]):
            for tp, records in (await inner.getmany(timeout_ms=100)).items():
                found[tp.topic.removeprefix(settings.topic_prefix), tp.partition] += [r for r in records if r.offset < ends[tp]]
        return found
    finally:
        await inner.stop()


def version_of(topic: str, record: Record) -> Version:
    """What a record is about; one of outcomes.<ch> names its kind in a header."""
    kind = topics.parse(topic)[2] or (header(record.headers, "__ceebus.kind") or b"").decode()
    return kind, (record.key or b"").decode(), int(header(record.headers, "ce_objectversion") or 0)


async def members(settings: Kafka, group: str) -> dict[str, Member]:
    """Members by client id; empty while the group rebalances."""
    async with administrator(settings) as admin:
        (answer,) = await admin.describe_consumer_groups([settings.topic_prefix + group])
    ((_error, _group, state, _type, _protocol, listed, *_rest),) = answer.groups
    if state != "Stable":
        return {}
    return {member[1]: Member(member[0], _count(member[4])) for member in listed}


def _count(assignment: bytes) -> int:
    """Partitions in a member's assignment: version, then topics with their partitions (Kafka's consumer protocol)."""
    at, count = 2, 0

    def number(size: int) -> int:
        nonlocal at
        at += size
        return int.from_bytes(assignment[at - size : at], signed=True)

    if not assignment:
        return 0
    for _topic in range(number(4)):
        name = number(2)  # `at += number(2)` would take `at` from before the call
        at += name
        partitions = number(4)
        at += 4 * partitions
        count += partitions
    return count


async def take_out(settings: Kafka, group: str, member: Member) -> None:
    """What an administrator does about a static member that will not come back; else its session has to run out first."""
    name = settings.topic_prefix + group
    async with administrator(settings) as admin:
        node = await admin.find_coordinator(name)
        answer = await admin._send_request(LeaveGroupRequest(name, member.id), node)
    assert answer.error_code == 0, answer
