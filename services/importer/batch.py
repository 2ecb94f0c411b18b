"""A batch of mobile.* becomes records on import.*, refusals among them; it is done when the broker has all of them.

Each goes to the partition it came from, so that the uploads of an object keep their order.
"""

from __future__ import annotations

from collections import Counter

from schemas import topics
from services.importer.devices import devices_of
from services.importer.headers import import_headers, origin_headers
from services.importer.judge import Sent, judge
from services.kernel import metrics
from services.kernel.channels import ChannelFollower
from services.kernel.kafka import Outgoing, Producer
from services.kernel.lane import Batch
from services.kernel.postgres import Pool


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
            headers = import_headers(kind, record.headers, verdict)
            if verdict.refused:
                headers += origin_headers(batch.topic, batch.partition, record.offset)
            out.append(Outgoing(target, batch.partition, sent.key, value, headers))
            tally[("rejected", verdict.refused.code) if verdict.refused else ("accepted", "")] += 1
        await self._producer.send_all(out)
        for (outcome, code), count in tally.items():
            metrics.RECORDS.labels("importer", channel_id, kind, outcome).inc(count)
            if code:
                metrics.REFUSALS.labels("importer", channel_id, kind, code).inc(count)
