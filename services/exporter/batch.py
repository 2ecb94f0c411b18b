"""Batches of cee.* become records on export.* and outcomes.*; they are done when the broker has all of these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import orjson

from schemas import topics
from schemas.envelope import header
from services.exporter.judge import Verdict, export_headers, judge
from services.kernel import metrics
from services.kernel.channels import ChannelFollower
from services.kernel.guard import Remark
from services.kernel.kafka import Outgoing, Producer, Record
from services.kernel.lane import Batch


class ExportBatch:
    """The work of the exporter's lanes; holds nothing between batches."""

    def __init__(self, channels: ChannelFollower, producer: Producer) -> None:
        self._channels, self._producer = channels, producer

    async def __call__(self, batches: Sequence[Batch]) -> None:
        """All of one channel. Raises DeliveryFailed; then all of it may be done again."""
        sent: list[Outgoing] = []
        tally: Counter[tuple[str, str, str, str]] = Counter()
        for batch in batches:
            await self._judge(batch, sent, tally)
        await self._producer.send_all(sent)
        for (channel, kind, outcome, code), count in tally.items():
            metrics.RECORDS.labels("exporter", channel, kind, outcome).inc(count)
            if code:
                metrics.REFUSALS.labels("exporter", channel, kind, code).inc(count)

    async def _judge(self, batch: Batch, sent: list[Outgoing], tally: Counter[tuple[str, str, str, str]]) -> None:
        _, channel_id, kind = topics.parse(batch.topic)
        known = int(header(batch.records[-1].headers, "ce_channelversion") or 0)
        channel = await self._channels.at_least(channel_id, known)
        assert channel is not None, f"no settings of channel {channel_id}"
        target, aside = topics.export(channel_id, kind), topics.outcomes(channel_id)
        for record in batch.records:
            key = record.key or b""
            verdict = judge(channel, kind, key, record.value)
            if verdict.refused is None:
                sent.append(Outgoing(target, batch.partition, key, verdict.value, export_headers(kind, record.headers, verdict)))
            sent.extend(_entries(aside, batch, record, kind, verdict))
            tally[channel_id, kind, *_outcome(verdict)] += 1


def _outcome(verdict: Verdict) -> tuple[str, str]:
    if verdict.refused is not None:
        return verdict.refused.outcome, verdict.refused.code
    return ("warning", verdict.remarks[0].code) if verdict.remarks else (verdict.op, "")


def _entries(topic: str, batch: Batch, record: Record, kind: str, verdict: Verdict) -> list[Outgoing]:
    """The record as it came, with where it came from and why it is here; one entry per refusal or remark."""
    if verdict.refused is not None:
        return [_entry(topic, batch, record, kind, (verdict.refused.outcome, Remark(verdict.refused.code, verdict.refused.params)))]
    return [_entry(topic, batch, record, kind, ("warning", remark)) for remark in verdict.remarks]


def _entry(topic: str, batch: Batch, record: Record, kind: str, why: tuple[str, Remark]) -> Outgoing:
    outcome, remark = why
    headers = [
        *record.headers,
        ("__connect.errors.topic", batch.topic.encode()),
        ("__connect.errors.partition", b"%d" % batch.partition),
        ("__connect.errors.offset", b"%d" % record.offset),
        ("__connect.errors.stage", b"exporter"),
        ("__ceebus.errors.code", remark.code.encode()),
        ("__ceebus.errors.outcome", outcome.encode()),
        ("__ceebus.errors.params", orjson.dumps(remark.params, default=str)),
        ("__ceebus.kind", kind.encode()),
    ]
    return Outgoing(topic, 0, record.key or b"", record.value, headers)
