"""What both directions gather: the channel, and where readers stand in Kafka. Upstream is read before downstream.

So a record can be missing behind a lane only if it really is: what a lane did meanwhile shows, what it has still to do is not blamed.
"""

from __future__ import annotations

from pathlib import Path

from services.control.explain.facts import ChannelFacts, Place
from services.control.explain.finding import Fields
from services.control.known import Known
from services.control.parts import Parts
from services.kernel.kafka import Partition
from services.kernel.kafka_search import Found, Group
from services.kernel.postgres import Queries

HERE = Path(__file__).parent
OURS, CEE = Queries(HERE / "ours.sql"), Queries(HERE / "cee.sql")
SEARCH_S = 0.2  # for one record in one partition; an answer without its offset is better than one that comes late
CEE_S = 5.0


async def ours(parts: Parts, query: str, *values: object) -> Fields | None:
    """One row of our database."""
    row = await parts.pool.fetchrow(query, *values)
    return dict(row) if row is not None else None


async def in_cee(parts: Parts, query: str, *values: object) -> Fields | None:
    """One row of CEE's database; raises CeeAway."""
    rows = await parts.cee.fetch(query, *values, limit_s=CEE_S)
    return dict(rows[0]) if rows else None


async def channel_facts(parts: Parts, known: Known, direction: str, kind: str) -> ChannelFacts:
    """A channel and what is wanted of one direction."""
    found = ChannelFacts(known.id, known.active, known.in_cee, known.on_bus, known.invalid)
    found.transfer = await ours(parts, OURS.transfer, known.id, direction)
    if found.transfer is not None:
        found.run = await ours(parts, OURS.run, known.id, direction, kind)
        found.schedule = await ours(parts, OURS.next_schedule, known.id, direction, kind)
    return found


def place(partition: Partition, found: Found, reader: Group) -> Place:
    """A reader without a position stands at the log's start."""
    marker = max(reader.offsets.get(partition, found.start), found.start)
    return Place(*partition, min(marker, found.end), found.end, reader.members, found.offset, found.complete)
