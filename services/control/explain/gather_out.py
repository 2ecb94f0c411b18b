"""Gathers what is known of one object on its way out: CEE, then Kafka, then our tables. Called by explanation.py."""

from __future__ import annotations

import asyncio
from typing import Any

from schemas import topics
from schemas.channel import encode_channel
from services.control.cee import CeeAway
from services.control.explain.device_way import ATTACHMENTS
from services.control.explain.facts import OUTBOX_ROWS, CeeFacts, LogFacts, Outbound, Place
from services.control.explain.finding import Fields, Finding, obstacle
from services.control.explain.gather import CEE, OURS, SEARCH_S, channel_facts, in_cee, ours, place
from services.control.explain.lacking import why_lacking
from services.control.explain.way_out import way_out
from services.control.known import Known
from services.control.parts import Parts
from services.control.positions import SQL as POSITIONS
from services.kernel.kafka import Partition, Unreachable, partition_for
from services.kernel.kafka_search import Found, Group, Sought, groups, newest_of_keys

FEED = "ceebus.feed"
SKEW_MS = 2_000  # between the clocks of CEE's database and of the broker
_SNAPSHOTTED = "cee"
_BEYOND = ("audience", "device")  # stages that keep no child


async def gather_out(parts: Parts, known: Known, kind: str, key: str, device: str | None, *, with_parents: bool = True) -> Outbound:
    """Everything way_out decides by. A part that is away leaves its facts None."""
    found = Outbound(await channel_facts(parts, known, "export", kind), kind, key, asked=device)
    source = await ours(parts, OURS.source, known.id, kind)
    found.source = source["source"] if source is not None else _SNAPSHOTTED
    found.cee = await _cee(parts, known, found)
    if found.cee is not None and found.cee.published is not None:
        found.log = await _log(parts, known.id, found, found.cee.published)
    await _tables(parts, found)
    if with_parents and found.waiting is not None:
        found.parents = [await _parent(parts, known, *found.waiting["missing"][0])]
    return found


async def _cee(parts: Parts, known: Known, found: Outbound) -> CeeFacts | None:
    channel, kind, key = known.id, found.kind, found.key
    place = (channel, kind, key)
    facts = CeeFacts()
    try:
        if found.source != "ingest":
            # the kind comes from a closed list, never from a request
            facts.row = await in_cee(parts, CEE.row.replace("kind_view", kind.replace("-", "_")), channel, key)
            facts.snapshot = await in_cee(parts, CEE.snapshot, *place)
        facts.published = await in_cee(parts, CEE.published, *place)
        facts.outbox = await in_cee(parts, CEE.outbox, *place, OUTBOX_ROWS + 1) or {}
        works = await in_cee(parts, CEE.source_works, channel)
        facts.source_works = works is None or bool(works["works"])
        if facts.outbox["held"]:
            facts.transaction = await in_cee(parts, CEE.oldest_transaction)
        if facts.row is None and found.source != "ingest":
            facts.lacking = await why_lacking(parts, known, kind, key)
    except CeeAway:
        return None
    return facts


async def _log(parts: Parts, channel: str, found: Outbound, published: Fields) -> LogFacts | None:
    """The exporter in cee.*, the feed in export.* and outcomes.*; None: Kafka does not answer."""
    kafka, name, exporter = parts.settings.kafka, topics.cee(channel, found.kind), f"ceebus.export.{encode_channel(channel)}"
    specs = {spec.name: spec.partitions for spec in topics.declared(channel)}
    number = partition_for(topics.partition_key(found.kind, found.key).encode(), specs[name])
    read = (name, number)
    behind: list[Partition] = [(topics.export(channel, found.kind), number), (topics.outcomes(channel), 0)]
    try:
        readers, looked = await asyncio.gather(
            groups(kafka, [exporter, FEED]),
            newest_of_keys(kafka, {read: Sought(found.key.encode(), published["at_ms"] - SKEW_MS)}, SEARCH_S),
        )
        # after the exporter's marker: what it has passed stands before these ends
        ends = await parts.logs.ends([topic for topic, _ in behind])
    except Unreachable:
        return None
    rows = await parts.pool.fetch(POSITIONS.feed_offsets, [topic for topic, _ in behind])
    feed = Group({(row["topic"], row["topic_partition"]): row["next_offset"] for row in rows}, readers[FEED].members)
    feeds: list[Place] = [place(partition, Found(0, ends.get(partition, 0)), feed) for partition in behind]
    return LogFacts(place(read, looked[read], readers[exporter]), max(feeds, key=lambda one: one.lag))


async def _tables(parts: Parts, found: Outbound) -> None:
    """Our tables last: whatever the lanes did meanwhile shows."""
    object_ = (found.channel.id, found.kind, found.key)
    found.ledger = await ours(parts, OURS.ledger, *object_)
    found.due = await ours(parts, OURS.due, *object_)
    found.waiting = await ours(parts, OURS.waiting, *object_)
    found.feed = await ours(parts, OURS.feed, *object_)
    if found.asked is not None:
        found.device = await ours(parts, OURS.device, found.asked)
    elif found.feed is not None and not found.feed["removed"]:
        values: tuple[Any, ...] = (found.channel.id, found.feed["audience"], found.kind == ATTACHMENTS, found.feed["position"])
        found.devices = [dict(row) for row in await parts.pool.fetch(OURS.devices, *values)]


async def _parent(parts: Parts, known: Known, kind: str, key: str) -> tuple[str, str, Finding | None]:
    """What keeps a parent out of the feed: one level, its own parents are not looked for."""
    if kind not in topics.KINDS:
        return kind, key, None
    findings = way_out(await gather_out(parts, known, kind, key, None, with_parents=False))
    return kind, key, obstacle([finding for finding in findings if finding.stage not in _BEYOND])
