"""Batches of mobile.* become records on import.*, refusals among them; they are done when the broker has all of these.

Each goes to the partition it came from, so that the uploads of an object keep their order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from schemas import topics
from services.importer.devices import devices_of
from services.importer.headers import import_headers, origin_headers
from services.importer.judge import Sent, judge
from services.kernel import metrics
from services.kernel.channels import ChannelFollower
from services.kernel.flood import Judged, is_refusal, unheard
from services.kernel.kafka import Outgoing, Producer
from services.kernel.lane import Batch
from services.kernel.postgres import Pool
from services.kernel.run_headers import stamped


class ImportBatch:
    """The work of the importer's lanes; holds nothing between batches. `judged` is called for what was handed over at once."""

    def __init__(self, channels: ChannelFollower, pool: Pool, producer: Producer, judged: Judged = unheard) -> None:
        self._channels, self._pool, self._producer, self._judged = channels, pool, producer, judged

    async def __call__(self, batches: Sequence[Batch]) -> None:
        """All of one channel. Raises DeliveryFailed, or what PostgreSQL raises; then all of it may be done again."""
        arrived = [[Sent(record.key or b"", record.value, record.headers) for record in batch.records] for batch in batches]
        devices = await devices_of(self._pool, {sent.device_id for part in arrived for sent in part if sent.device_id is not None})
        out: list[Outgoing] = []
        tally: Counter[tuple[str, str, str, str]] = Counter()
        for batch, part in zip(batches, arrived, strict=True):
            _, channel_id, kind = topics.parse(batch.topic)
            channel, target = self._channels.channels[channel_id], topics.importing(channel_id, kind)
            for record, sent in zip(batch.records, part, strict=True):
                verdict = judge(channel, kind, sent, devices.get(sent.device_id or ""))
                value = verdict.value if verdict.refused is None else record.value
                headers = import_headers(kind, stamped(record.headers, batch.run, batch.force), verdict)
                if verdict.refused:
                    headers += origin_headers(batch.topic, batch.partition, record.offset)
                out.append(Outgoing(target, batch.partition, sent.key, value, headers))
                outcome = (verdict.refused.outcome, verdict.refused.code) if verdict.refused else ("accepted", "")
                tally[channel_id, kind, *outcome] += 1
        await self._producer.send_all(out)
        refused = sum(count for (_, _, outcome, code), count in tally.items() if is_refusal(outcome, code))
        self._judged(topics.parse(batches[0].topic)[1], refused, tally.total())
        for (channel_id, kind, result, code), count in tally.items():
            metrics.RECORDS.labels("importer", channel_id, kind, result).inc(count)
            if code:
                metrics.REFUSALS.labels("importer", channel_id, kind, code).inc(count)
