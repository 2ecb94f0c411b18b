"""The outbox of results.<ch>: answers leave the database for Kafka after the commit that made them, in its order.

Runs beside the lane. What a crash left unsent is sent by whoever comes next; what is sent twice is one state to its readers,
since its attempt is its object version.
"""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from schemas import topics
from schemas.export.results import ImportResult, Warned, key_of, messages, result_headers, written
from services.kernel.kafka import DeliveryFailed, Outgoing, Producer
from services.kernel.kafka import Unreachable as KafkaUnreachable
from services.kernel.kafka_admin import ensure_topics
from services.kernel.logging import log
from services.kernel.postgres import Connection, ConnectionLost, Queries, Row, Unreachable, connect
from services.kernel.run_headers import RUN
from services.kernel.settings import Kafka

QUERIES = Queries(Path(__file__).with_name("results.sql"))
AT_ONCE = 1000
EVERY_S = 1.0


class ResultSender:
    """Woken after every commit, and every second. Rows that another process is sending are left to it."""

    def __init__(self, url: str, kafka: Kafka, producer: Producer) -> None:
        self._url, self._kafka, self._producer = url, kafka, producer
        self._connection: Connection | None = None
        self._there: set[str] = set()  # channels whose topic is known to be there
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled; outages of either side are waited for."""
        try:
            while True:
                try:
                    while await self.send() == AT_ONCE:
                        pass
                except (Unreachable, KafkaUnreachable, DeliveryFailed, *ConnectionLost) as error:
                    log.warning("answers are put off", action="results_failed", error=f"{type(error).__name__}: {error}")
                    self._close()
                    self._there.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(EVERY_S):
                        await self._woken.wait()
                self._woken.clear()
        finally:
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def send(self) -> int:
        """Sends what is there, at most AT_ONCE; returns how many. Raises DeliveryFailed: nothing is marked as sent then."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(self._url, application="ceebus-writer-results")
            await self._connection.execute(QUERIES.session)
        async with self._connection.transaction():
            rows = await self._connection.fetch(QUERIES.unsent, AT_ONCE)
            if rows:
                await self._topics({row["channel"] for row in rows})
                await self._producer.send_all([record for row in rows if (record := record_of(row)) is not None])
                await self._connection.execute(QUERIES.sent, [row["id"] for row in rows])
        return len(rows)

    async def _topics(self, channels: set[str]) -> None:
        """Answers may be older than this Kafka, and their channel inactive: one without a topic would hold up all the others."""
        if missing := sorted(channels - self._there):
            await ensure_topics(
                self._kafka, [spec for channel in missing for spec in topics.declared(channel) if spec.name == topics.results(channel)]
            )
            self._there.update(missing)


def record_of(row: Row) -> Outgoing | None:
    """An answer as it lies on results.<ch>; None for one that fits no contract: it must not keep the others from leaving."""
    try:
        result = result_of(row, row["params"], row["body"])
    except ValidationError as error:
        log.error("an answer does not fit its contract", action="answer_invalid", answer=row["id"], error=str(error)[:300])
        try:
            result = result_of(row, {}, {})  # outcome and code are what the sender needs most
        except ValidationError:
            return None
    value, digest = written(result)
    headers = result_headers(result, digest, _moment(row["received_at"]))
    if row["run"]:
        headers.append((RUN, str(row["run"]).encode()))
    return Outgoing(topics.results(result.channel), 0, result.key.encode(), value, headers)


def result_of(row: Row, params: dict[str, Any], body: dict[str, Any]) -> ImportResult:
    """A row of `ceebus.answer` with the texts of its codes. Raises ValidationError."""
    source_id, code = str(row["source_id"]), row["code"]
    return ImportResult(
        channel=row["channel"],
        key=key_of(row["sender"], source_id, row["revision"]),
        sender=row["sender"],
        upload_kind=row["kind"],
        source_id=source_id,
        revision=row["revision"],
        upload_id=str(row["upload_id"]),
        attempt=row["attempt"],
        final=row["final"],
        outcome=row["outcome"],
        code=code,
        params=params or None,
        messages=messages(code, params) if code else None,
        warnings=tuple(_warned(warning["code"], warning["params"]) for warning in body.get("warnings", ())) or None,
        at=_moment(row["at"]),
        **{name: value for name, value in body.items() if name != "warnings"},
    )


def _warned(code: str, params: dict[str, Any]) -> Warned:
    return Warned(code=code, params=params or None, messages=messages(code, params))


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
