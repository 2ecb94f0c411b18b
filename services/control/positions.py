"""How far the roles are in a channel's topics: committed offsets and the feed's own, against the logs' ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schemas import topics
from schemas.channel import encode_channel
from services.kernel.kafka import Partition
from services.kernel.kafka_admin import changed_at, group_offsets, log_bounds, topics_present
from services.kernel.postgres import Pool, Queries
from services.kernel.settings import Kafka

SQL = Queries(Path(__file__).with_name("queries.sql"))
Bounds = tuple[int, int]  # log start and end


@dataclass(slots=True)
class Passed:
    """One reader in the topic of one kind: records behind it and still before it."""

    passed: int = 0
    lag: int = 0
    oldest_ms: int | None = None  # when the change in the first record before it was committed, or published


@dataclass(slots=True)
class Positions:
    """By kind; `outcomes` is the feed in the channel's outcomes, which have no kind."""

    exporter: dict[str, Passed] = field(default_factory=lambda: defaultdict(Passed))
    feed: dict[str, Passed] = field(default_factory=lambda: defaultdict(Passed))
    outcomes: Passed = field(default_factory=Passed)


async def read_positions(kafka: Kafka, pool: Pool, channel: str) -> Positions:
    """Raises kafka.Unreachable. A topic that does not exist yet has no lag."""
    present = await topics_present(kafka)
    partitions = _partitions(channel, present, ("cee", "export", "outcomes"))
    if not partitions:
        return Positions()
    committed = await group_offsets(kafka, f"ceebus.export.{encode_channel(channel)}")
    rows = await pool.fetch(SQL.feed_offsets, sorted({topic for topic, _ in partitions}))
    reached = {(row["topic"], row["topic_partition"]): row["next_offset"] for row in rows}
    # the ends are read last: a reader can't seem to be ahead of the log
    bounds = await log_bounds(kafka, partitions)
    places = placed(bounds, {partition: offset for partition, (offset, _) in committed.items()} | reached)
    behind = {partition: at for partition, at in places.items() if at < bounds[partition][1]}
    return summed(bounds, places, await changed_at(kafka, behind) if behind else {})


@dataclass(slots=True)
class ImportPositions:
    """By kind: importer in mobile.*, writer in import.*; `results` is the feed in the channel's answers."""

    importer: dict[str, Passed] = field(default_factory=lambda: defaultdict(Passed))
    writer: dict[str, Passed] = field(default_factory=lambda: defaultdict(Passed))
    results: Passed = field(default_factory=Passed)


async def read_import_positions(kafka: Kafka, channel: str) -> ImportPositions:
    """From the offsets in Kafka: those of writer and feed are copies, at most a batch behind. Raises kafka.Unreachable."""
    partitions = _partitions(channel, await topics_present(kafka), ("mobile", "import", "results"))
    found = ImportPositions()
    if not partitions:
        return found
    committed: dict[Partition, int] = {}
    for group in (f"ceebus.import.{encode_channel(channel)}", "ceebus.writer", "ceebus.feed"):
        committed |= {partition: offset for partition, (offset, _) in (await group_offsets(kafka, group)).items()}
    bounds = await log_bounds(kafka, partitions)
    places = placed(bounds, committed)
    for partition, (start, end) in bounds.items():
        stream, _, kind = topics.parse(partition[0])
        reader = found.results if stream == "results" else (found.importer if stream == "mobile" else found.writer)[kind]
        reader.passed += places[partition] - start
        reader.lag += end - places[partition]
    return found


def _partitions(channel: str, present: Mapping[str, int], streams: tuple[str, ...]) -> list[Partition]:
    names = [spec.name for spec in topics.declared(channel) if topics.parse(spec.name)[0] in streams]
    return [(name, n) for name in names for n in range(present.get(name, 0))]


def placed(bounds: Mapping[Partition, Bounds], reached: Mapping[Partition, int]) -> dict[Partition, int]:
    """Where the reader of each partition stands; one without a position stands at the log's start."""
    return {partition: min(max(reached.get(partition, start), start), end) for partition, (start, end) in bounds.items()}


def summed(bounds: Mapping[Partition, Bounds], places: Mapping[Partition, int], times: Mapping[Partition, int]) -> Positions:
    """Adds partitions up by kind."""
    found = Positions()
    for partition, (start, end) in bounds.items():
        stream, _, kind = topics.parse(partition[0])
        into = {"cee": found.exporter, "export": found.feed}.get(stream)
        reader = found.outcomes if into is None else into[kind]
        reader.passed += places[partition] - start
        reader.lag += end - places[partition]
        if partition in times:
            reader.oldest_ms = min(times[partition], reader.oldest_ms or times[partition])
    return found
