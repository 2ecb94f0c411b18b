"""The topics of ceebus: names, partition counts, retention. The list is the data flow (design.md 4).

`<stream>.<channel>.<kind>`, the channel encoded by `schemas.channel.encode_channel`. Partition counts are fixed at
birth: more partitions would move keys (T34).
"""

from __future__ import annotations

from dataclasses import dataclass

from schemas.channel import decode_channel, encode_channel

KINDS = (
    "master-data",
    "sales-reps",
    "partners",
    "articles",
    "article-categories",
    "availability",
    "price-lists",
    "sales-documents",
    "attachments",
)
IMPORT_KINDS = ("partners", "documents", "attachments", "visits")  # in the order in which they are handled (domain.md 7.1)
CHANNELS = "channels"

_DAY_MS = 24 * 3600 * 1000
_PARTITIONS = {"partners": 4, "articles": 4, "attachments": 4, "availability": 6, "price-lists": 6, "sales-documents": 6}
IMPORT_PARTITIONS = 4
_ALWAYS = {"message.timestamp.type": "LogAppendTime"}  # business time is in the payload; offsets_for_times needs one clock (T32)
COMPACTED = _ALWAYS | {
    "cleanup.policy": "compact",
    "min.compaction.lag.ms": str(7 * _DAY_MS),
    "delete.retention.ms": str(7 * _DAY_MS),  # a subscriber away for a week still meets the tombstones (T33)
}
KEPT_90_DAYS = _ALWAYS | {"cleanup.policy": "delete", "retention.ms": str(90 * _DAY_MS)}
KEPT_7_DAYS = _ALWAYS | {"cleanup.policy": "delete", "retention.ms": str(7 * _DAY_MS)}


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic as it shall exist."""

    name: str
    partitions: int
    config: dict[str, str]


def cee(channel: str, kind: str) -> str:
    """Changes of `kind` as CEE states them; written by the source."""
    return f"cee.{encode_channel(channel)}.{kind}"


def export(channel: str, kind: str) -> str:
    """Payloads of `kind` as devices receive them; written by the exporter."""
    return f"export.{encode_channel(channel)}.{kind}"


def outcomes(channel: str) -> str:
    """Everything that was not plainly sent; written by the exporter, read by the feed."""
    return f"outcomes.{encode_channel(channel)}"


def mobile(channel: str, kind: str) -> str:
    """Uploads of `kind` as devices and the back-office app sent them; written by the gateway. Key: the source_id."""
    return f"mobile.{encode_channel(channel)}.{kind}"


def importing(channel: str, kind: str) -> str:
    """Uploads of `kind` as they are to be written to CEE, and refusals; written by the importer. Key: the source_id."""
    return f"import.{encode_channel(channel)}.{kind}"


def results(channel: str) -> str:
    """What became of the uploads; written by the writer, read by the feed."""
    return f"results.{encode_channel(channel)}"


def replay(channel: str, name: str) -> str:
    """Copies of `export.*` for one subscriber; written by control when somebody asks for a replay. Keys as there."""
    return f"replay.{encode_channel(channel)}.{name}"


def parse(topic: str) -> tuple[str, str, str]:
    """Topic -> (stream, channel, kind); kind is "" for `outcomes.*` and `results.*`, channel too for `channels`.

    Of `replay.*` the third part is the subscriber's name.
    """
    stream, _, rest = topic.partition(".")
    channel, _, kind = rest.partition(".")
    return stream, decode_channel(channel), kind


def declared(channel: str) -> list[TopicSpec]:
    """Every topic that one channel needs, both directions."""
    specs = []
    for kind in KINDS:
        partitions = _PARTITIONS.get(kind, 1)
        specs.append(TopicSpec(cee(channel, kind), partitions, COMPACTED))
        specs.append(TopicSpec(export(channel, kind), partitions, COMPACTED))
    specs.append(TopicSpec(outcomes(channel), 1, KEPT_90_DAYS))
    for kind in IMPORT_KINDS:
        specs.append(TopicSpec(mobile(channel, kind), IMPORT_PARTITIONS, KEPT_90_DAYS))
        specs.append(TopicSpec(importing(channel, kind), IMPORT_PARTITIONS, KEPT_90_DAYS))
    specs.append(TopicSpec(results(channel), 1, KEPT_90_DAYS))
    return specs


def replayed(channel: str, name: str, partitions: int) -> TopicSpec:
    """The topic of one subscriber's replays: made when it is asked for, so no part of what a channel needs."""
    return TopicSpec(replay(channel, name), partitions, KEPT_7_DAYS)


def channels() -> TopicSpec:
    """The compacted topic of all channels' settings, key = channel id."""
    return TopicSpec(CHANNELS, 1, COMPACTED)


def partition_key(kind: str, key: str) -> str:
    """What decides the partition: the key; of a price its list and article, so that old and new price keep their order."""
    if kind == "price-lists" and key.count("/") == 4:
        return "/".join(key.split("/", 2)[:2])
    return key
