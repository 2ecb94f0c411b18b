"""Where a run begins to read: at a moment of the bus, at offsets, or at the beginning of the log (domain.md 6)."""

from __future__ import annotations

from services.control.runs.book import Offsets, Run
from services.kernel.kafka_logs import Logs


async def seeks_of(run: Run, kind: str, logs: Logs) -> Offsets:
    """By partition of the topic that the lane reads. Raises kafka.Unreachable."""
    topic = run.topic(kind)
    if run.since == "timestamp":
        assert run.since_ms is not None
        return {number: offset for (_, number), offset in (await logs.at_time([topic], run.since_ms)).items()}
    if run.since == "offset":
        asked = {int(number): offset for number, offset in run.since_places.get(topic, {}).items()}
        ends = await logs.ends([topic])
        return {number: min(asked.get(number, end), end) for (_, number), end in ends.items()}
    return {number: offset for (_, number), offset in (await logs.beginnings([topic])).items()}
