"""A batch of mobile.* becomes records on import.*, refusals among them; it is done when the broker has all of them.

Each goes to the partition it came from, so that the uploads of an object keep their order.
"""

from __future__ import annotations

from collections import Counter

import orjson

from schemas import topics
from schemas.envelope import Headers
from services.importer.devices import devices_of
from services.importer.judge import Sent, Verdict, judge
from services.kernel import metrics
from services.kernel.channels import ChannelFollower
from services.kernel.kafka import Outgoing, Producer, Record
from services.kernel.lane import Batch
from services.kernel.postgres import Pool

CARRIED = frozenset({"ce_id", "ce_source", "ce_time", "ce_sender", "ce_contenthash", "traceparent"})


class ImportBatch:
    """The work of the importer's lanes; holds nothing between batches."""

    def __init__(self, channels: ChannelFollower, pool: Pool, producer: Producer) -> None:
        self._channels, self._pool, self._producer = channels, pool, producer

    async def __call__(self, batch: Batch) -> None:
        """Raises DeliveryFailed, or what PostgreSQL raises; then the whole batch may be done again."""
        _, channel_id, kind = topics.parse(batch.topic)
        channel = self._channels.channels[channel_id]
        target = topics.importing(channel_id, kind)
        arrived = [Sent(record.key or b"", record.value, record.headers) for record in batch.records]
        devices = await devices_of(self._pool, {sent.device_id for sent in arrived if sent.device_id is not None})
        out: list[Outgoing] = []
        tally: Counter[tuple[str, str]] = Counter()
        for record, sent in zip(batch.records, arrived, strict=True):
            verdict = judge(channel, kind, sent, devices.get(sent.device_id or ""))
            value = verdict.value if verdict.refused is None else record.value
            out.append(Outgoing(target, batch.partition, sent.key, value, _headers(batch, record, kind, verdict)))
            tally[("rejected", verdict.refused.code) if verdict.refused else ("accepted", "")] += 1
        await self._producer.send_all(out)
        for (outcome, code), count in tally.items():
            metrics.RECORDS.labels("importer", channel_id, kind, outcome).inc(count)
            if code:
                metrics.REFUSALS.labels("importer", channel_id, kind, code).inc(count)


def _headers(batch: Batch, record: Record, kind: str, verdict: Verdict) -> Headers:
    """Id, sender, content hash and time of the upload go on: nothing of it changes by being passed on."""
    headers: Headers = [
        ("ce_specversion", b"1.0"),
        ("content-type", b"application/json"),
        ("ce_type", b"ceebus.import.%s.v1" % kind.encode()),
        *[(name, value) for name, value in record.headers if name in CARRIED],
    ]
    if verdict.device_state:
        headers.append(("ce_devicestate", verdict.device_state.encode()))
    if verdict.refused is None:
        return headers
    return [
        *headers,
        ("ce_outcome", verdict.refused.outcome.encode()),
        ("ce_code", verdict.refused.code.encode()),
        ("ce_params", orjson.dumps(verdict.refused.params, default=str)),
        ("__connect.errors.topic", batch.topic.encode()),
        ("__connect.errors.partition", b"%d" % batch.partition),
        ("__connect.errors.offset", b"%d" % record.offset),
        ("__connect.errors.stage", b"importer"),
    ]
