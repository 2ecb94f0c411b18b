"""Batches of cee.* become records on export.* and outcomes.*; they are done when the broker has all of these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import orjson

from schemas import topics
from schemas.channel import Channel
from schemas.envelope import Headers, header
from services.exporter.judge import Verdict, export_headers, judge
from services.kernel import metrics
from services.kernel.channels import ChannelFollower
from services.kernel.flood import Judged, is_refusal, unheard
from services.kernel.guard import Refused, Remark
from services.kernel.kafka import Outgoing, Producer
from services.kernel.lane import Batch
from services.kernel.run_headers import stamped

SKIPPED = Refused("waiting", "delivery_failed")


class ExportBatch:
    """The work of the exporter's lanes; holds nothing between batches. `judged` is called for what was handed over at once."""

    def __init__(self, channels: ChannelFollower, producer: Producer, judged: Judged = unheard) -> None:
        self._channels, self._producer, self._judged = channels, producer, judged

    async def __call__(self, batches: Sequence[Batch]) -> None:
        """All of one channel. Raises DeliveryFailed; then all of it may be done again."""
        tally: Counter[tuple[str, str, str, str]] = Counter()
        settled = [(batch, await self._settings_for(batch)) for batch in batches]
        # judged as they are sent: a list of all that becomes of a batch would be walked through by the collector again and again
        await self._producer.send_all(record for batch, channel in settled for record in _judged(batch, channel, tally))
        refused = sum(count for (_, _, outcome, code), count in tally.items() if is_refusal(outcome, code))
        self._judged(topics.parse(batches[0].topic)[1], refused, tally.total())
        for (channel, kind, outcome, code), count in tally.items():
            metrics.RECORDS.labels("exporter", channel, kind, outcome).inc(count)
            if code:
                metrics.REFUSALS.labels("exporter", channel, kind, code).inc(count)

    async def _settings_for(self, batch: Batch) -> Channel:
        """The channel's settings, at least as new as those that the source knew when it published the batch."""
        channel_id = topics.parse(batch.topic)[1]
        known = int(header(batch.records[-1].headers, "ce_channelversion") or 0)
        channel = await self._channels.at_least(channel_id, known)
        assert channel is not None, f"no settings of channel {channel_id}"
        return channel


def _judged(batch: Batch, channel: Channel, tally: Counter[tuple[str, str, str, str]]) -> Iterator[Outgoing]:
    """What becomes of each record, and in `tally` how often what did."""
    _, channel_id, kind = topics.parse(batch.topic)
    target, aside = topics.export(channel_id, kind), topics.outcomes(channel_id)
    plain: Counter[str] = Counter()  # by operation: what nothing is to be said of
    for record in batch.records:
        key = record.key or b""
        # what was skipped by hand is not sent, but nobody loses sight of it: it is due
        verdict = Verdict(refused=SKIPPED) if batch.parking else judge(channel, kind, key, record.value)
        headers = stamped(record.headers, batch.run, batch.force)
        if verdict.refused is None:
            yield Outgoing(target, batch.partition, key, verdict.value, export_headers(kind, headers, verdict))
            if not verdict.remarks:
                plain[verdict.op] += 1
                continue
        for why in _remarks(verdict):
            stated = [*headers, *_origin(batch, record.offset), *_reason(kind, *why)]
            yield Outgoing(aside, 0, key, record.value, stated)
        tally[channel_id, kind, *_outcome(verdict)] += 1
    for op, count in plain.items():
        tally[channel_id, kind, op, ""] += count


def _outcome(verdict: Verdict) -> tuple[str, str]:
    """Of a refusal, or of what was sent with remarks."""
    if verdict.refused is not None:
        return verdict.refused.outcome, verdict.refused.code
    return "warning", verdict.remarks[0].code


def _remarks(verdict: Verdict) -> list[tuple[str, Remark]]:
    """What stands on outcomes.<ch>: one entry per refusal or remark, the record as it came, where it came from and why it is here."""
    if verdict.refused is not None:
        return [(verdict.refused.outcome, Remark(verdict.refused.code, verdict.refused.params))]
    return [("warning", remark) for remark in verdict.remarks]


def _origin(batch: Batch, offset: int) -> Headers:
    """In the words of Kafka Connect."""
    return [
        ("__connect.errors.topic", batch.topic.encode()),
        ("__connect.errors.partition", b"%d" % batch.partition),
        ("__connect.errors.offset", b"%d" % offset),
        ("__connect.errors.stage", b"exporter"),
    ]


def _reason(kind: str, outcome: str, remark: Remark) -> Headers:
    return [
        ("__ceebus.errors.code", remark.code.encode()),
        ("__ceebus.errors.outcome", outcome.encode()),
        ("__ceebus.errors.params", orjson.dumps(remark.params, default=str)),
        ("__ceebus.kind", kind.encode()),
    ]
