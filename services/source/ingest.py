"""Ingest: valid lines of a request become records on cee.*, the others are reported and kept.

A line counts as accepted when the broker has its record. Sending the same lines again changes nothing for devices.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from schemas import topics
from schemas.codes import text
from schemas.defect import Defect
from schemas.envelope import object_version
from services.kernel import metrics
from services.kernel.kafka import Producer
from services.kernel.kafka_admin import ensure_topics, topics_present
from services.kernel.ndjson import Line, read_lines
from services.kernel.postgres import Queries
from services.source.lines import Accepted, Judge
from services.source.publish import Read, Records
from services.source.surroundings import Surroundings

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
BODY_LIMIT = 256 << 20
LINES_AT_ONCE = 1000
BYTES_AT_ONCE = 8 << 20
REPORTED = 1000


@dataclass(slots=True)
class Report:
    """What became of a request's lines; `lines` names the first of the rejected ones."""

    accepted: int = 0
    rejected: int = 0
    lines: list[dict[str, Any]] = field(default_factory=list)

    def reject(self, line: Line, defect: Defect) -> None:
        self.rejected += 1
        if len(self.lines) < REPORTED:
            said = text(defect.code, "en", defect.params)
            entry = {"line": line.number, "field": defect.params.get("field"), "code": defect.code, "params": defect.params, "text": said}
            self.lines.append(entry)


class Ingest:
    """Publishes lines of channels and kinds that come from no view; one batch of a channel and kind at a time."""

    def __init__(self, around: Surroundings, out: Producer) -> None:
        self._around, self._out = around, out
        self._turn: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._records: dict[str, Records] = {}

    async def take(self, channel: str, judge: Judge, kind: str, parts: AsyncIterable[bytes]) -> Report:
        """Publishes as the lines come in. Raises BodyTooLarge, DeliveryFailed; what was accepted before stays."""
        report = Report()
        async for lines in _batches(read_lines(parts, judge.limit, BODY_LIMIT)):
            accepted, rejected = await self._judged(judge, lines, report)
            await self._keep(channel, kind, rejected)
            await self._publish(channel, kind, accepted)
            report.accepted += len(accepted)
        return report

    async def check(self, channel: str, judge: Judge, kind: str, parts: AsyncIterable[bytes]) -> Report:
        """Judges all lines and publishes none."""
        report = Report()
        async for lines in _batches(read_lines(parts, judge.limit, BODY_LIMIT)):
            _, rejected = await self._judged(judge, lines, report)
            await self._keep(channel, kind, rejected)
        return report

    async def _judged(self, judge: Judge, lines: list[Line], report: Report) -> tuple[list[Accepted], list[tuple[Line, Defect]]]:
        accepted, rejected = [], []
        for line in lines:
            answer = await judge.judge(line)
            if isinstance(answer, Accepted):
                accepted.append(answer)
            else:
                rejected.append((line, answer))
                report.reject(line, answer)
        return accepted, rejected

    async def _publish(self, channel: str, kind: str, accepted: list[Accepted]) -> None:
        newest = {line.key: line.value for line in accepted}  # of a key that comes twice the last state counts
        if not newest:
            return
        records = await self._of_channel(channel)
        async with self._turn[channel, kind]:
            drawn = await self._around.cee.fetchrow(QUERIES.draw, channel)
            assert drawn is not None
            read = Read(object_version(drawn["incarnation"], drawn["number"]), drawn["channel_version"] or 0)
            kinds, keys = [kind] * len(newest), list(newest)
            await self._around.cee.execute(QUERIES.keep_published, channel, read.version, kinds, keys, False)
            now = datetime.now(UTC)
            await self._out.send_all(
                [
                    records.tombstone(kind, key, read, now) if value is None else records.value(kind, key, value, read, now)
                    for key, value in newest.items()
                ]
            )
        removed = [key for key, value in newest.items() if value is None]
        await self._around.cee.execute(QUERIES.settle_removed, channel, kind, removed, [read.version] * len(removed))
        metrics.RECORDS.labels("source", channel, kind, "ingested").inc(len(newest))

    async def _of_channel(self, channel: str) -> Records:
        if channel not in self._records:
            kafka = self._around.settings.kafka
            await ensure_topics(kafka, topics.declared(channel))
            self._records[channel] = Records(channel, self._around.settings.installation, await topics_present(kafka))
        return self._records[channel]

    async def _keep(self, channel: str, kind: str, rejected: list[tuple[Line, Defect]]) -> None:
        rows = [(channel, kind, line.number, defect.code, defect.params, line.text) for line, defect in rejected]
        if rows:
            await self._around.ours.executemany(QUERIES.keep_rejected, rows)
        for _, defect in rejected:
            metrics.REFUSALS.labels("source", channel, kind, defect.code).inc()


async def _batches(lines: AsyncIterator[Line]) -> AsyncIterator[list[Line]]:
    batch: list[Line] = []
    size = 0
    async for line in lines:
        batch.append(line)
        size += len(line.text)
        if len(batch) >= LINES_AT_ONCE or size >= BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
