"""A feed on a real database for one test: records as the exporter writes them, batches as the lane hands them over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import orjson

from schemas import topics
from schemas.envelope import encode
from services.feed.batch import FeedBatch
from services.feed.marks import FeedMarks
from services.feed.release import release_chunk
from services.feed.store import QUERIES, Store
from services.kernel.lane import Batch
from services.kernel.postgres import Pool, pool

FOREVER = 1 << 40


@dataclass(slots=True)
class Written:
    """A record as it lies in a topic; `kind` is "" on outcomes."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes | None
    headers: list[tuple[str, bytes]]
    timestamp: int = 0


@dataclass
class Log:
    """One channel's topics, a partition each: gives every record its offset."""

    channel: str
    ends: dict[str, int] = field(default_factory=dict)

    def add(self, topic: str, key: bytes, value: bytes | None, headers: list[tuple[str, bytes]]) -> Written:
        self.ends[topic] = self.ends.get(topic, 0) + 1
        return Written(topic, 0, self.ends[topic] - 1, key, value, headers)

    def upsert(
        self, kind: str, key: str, version: int, audience: Sequence[str] | None = None, *, op: str = "upsert", **fields: Any
    ) -> Written:
        body = {"channel": self.channel, "kind": kind, "key": key, "op": op, "version": version, **fields}
        value, digest = encode(body)
        headers = [*_cause(version), ("ce_op", op.encode()), ("ce_contenthash", digest.encode())]
        if audience is not None:
            headers.append(("ce_audience", orjson.dumps(audience)))
        return self.add(topics.export(self.channel, kind), key.encode(), value, headers)

    def delete(self, kind: str, key: str, version: int) -> Written:
        return self.add(topics.export(self.channel, kind), key.encode(), None, [*_cause(version), ("ce_op", b"delete")])

    def gone(self, kind: str, key: str, version: int) -> Written:
        """As the exporter writes a tombstone of a kind that is kept."""
        value, digest = encode({"channel": self.channel, "kind": kind, "key": key, "op": "deactivate", "version": 0})
        headers = [*_cause(version), ("ce_op", b"deactivate"), ("ce_contenthash", digest.encode())]
        return self.add(topics.export(self.channel, kind), key.encode(), value, headers)

    def again(self, record: Written, *headers: tuple[str, bytes]) -> Written:
        """The same record once more, at the end of its topic; `headers` take the place of those of their name."""
        kept = [pair for pair in record.headers if pair[0] not in dict(headers)]
        return self.add(record.topic, record.key, record.value, [*kept, *headers])

    def outcome(self, kind: str, key: str, version: int, outcome: str, code: str, **params: Any) -> Written:
        origin = topics.cee(self.channel, kind).encode()
        headers = [("__connect.errors.topic", origin), ("__connect.errors.partition", b"2"), ("__connect.errors.offset", b"7")]
        headers += [("__ceebus.errors.code", code.encode()), ("__ceebus.errors.outcome", outcome.encode())]
        headers += [("__ceebus.errors.params", orjson.dumps(params)), ("__ceebus.kind", kind.encode())]
        return self.add(topics.outcomes(self.channel), key.encode(), b'{"as":"it came"}', [*_cause(version), *headers])

    def unit(self, code: str, version: int = 1) -> Written:
        return self.upsert("master-data", f"units/{code}", version, dictionary="units", code=code, name={"pl": code})

    def article(self, number: str, version: int = 1, **fields: Any) -> Written:
        """Needs the unit `szt` and the rate `23`."""
        return self.upsert("articles", number, version, number=number, vat_rate="23", base_unit="szt", sales_unit="szt", **fields)

    def category(self, key: str, version: int = 1, parent: str | None = None, articles: Sequence[str] = ()) -> Written:
        listed = [{"article": article, "position": place} for place, article in enumerate(articles)]
        return self.upsert("article-categories", key, version, id=key, parent=parent, articles=listed)

    def price(self, number: str, article: str, version: int = 1, **fields: Any) -> Written:
        key = f"{number}/{article}/szt/0/2026-01-01"
        return self.upsert("price-lists", key, version, record="price", list=number, article=article, unit="szt", **fields)

    def price_list(self, number: str, version: int = 1) -> Written:
        return self.upsert("price-lists", number, version, record="list", code=number, currency="PLN")

    def basics(self) -> list[Written]:
        """What articles and prices need: unit, rate, currency."""
        rows = [("units", "szt"), ("vat-rates", "23"), ("currencies", "PLN")]
        return [self.upsert("master-data", f"{name}/{code}", 1, dictionary=name, code=code) for name, code in rows]


def of_run(run: UUID, *records: Written, force: bool = False) -> list[Written]:
    """The records as a run passes them."""
    stated = [("ce_runid", str(run).encode()), *([("ce_force", b"1")] if force else [])]
    return [replace(record, headers=[*record.headers, *stated]) for record in records]


def _cause(version: int) -> list[tuple[str, bytes]]:
    return [("ce_specversion", b"1.0"), ("ce_objectversion", b"%d" % version), ("ce_time", b"2026-11-24T12:00:00.000Z")]


class Owner:
    """One feed process as the database sees it: its marks and its connection."""

    def __init__(self, url: str, ours: Pool) -> None:
        self.marks = FeedMarks(ours)
        self.max_attempts = 5
        self.work = FeedBatch(url, self.marks, lambda: None, lambda _channel: self.max_attempts)

    async def apply(self, *records: Written) -> None:
        """Each run of records of one topic is a batch; taking a topic over for the first time begins at its row."""
        batches: list[list[Written]] = []
        for record in records:
            if batches and batches[-1][-1].topic == record.topic:
                batches[-1].append(record)
            else:
                batches.append([record])
        for batch in batches:
            await self.apply_batch(batch)

    async def apply_batch(self, records: Sequence[Written]) -> None:
        place = (records[0].topic, records[0].partition)
        if place not in self.marks.standing:
            await self.marks.take_over({place: (0, FOREVER)})
        await self.work([Batch(*place, records)])


class Bed(Owner):
    """A channel's feed, its log and what can be seen of it."""

    def __init__(self, url: str, ours: Pool, channel: str) -> None:
        super().__init__(url, ours)
        self.url, self.ours, self.channel, self.log = url, ours, channel, Log(channel)

    def another(self) -> Owner:
        return Owner(self.url, self.ours)

    async def row(self, kind: str, key: str) -> Any:
        return await self.ours.fetchrow("select * from ceebus.feed where (channel, kind, key) = ($1, $2, $3)", self.channel, kind, key)

    async def last(self) -> int:
        return int(await self.ours.fetchval("select last from ceebus.feed_position where channel = $1", self.channel) or 0)

    async def rows(self, table: str) -> list[Any]:
        return sorted(await self.rows_of(table), key=lambda row: (row["kind"], row["key"]))

    async def rows_of(self, table: str) -> list[Any]:
        return await self.ours.fetch(f"select * from ceebus.{table} where channel = $1", self.channel)

    async def tally(self, run: UUID) -> dict[tuple[str, str, str], int]:
        """Records of a run by (kind, outcome, code)."""
        rows = await self.ours.fetch("select kind, outcome, code, records from ceebus.run_tally where run = $1 and records > 0", run)
        return {(row["kind"], row["outcome"], row["code"]): row["records"] for row in rows}

    async def listed(self, run: UUID) -> list[tuple[str, str, str, dict[str, Any]]]:
        """(key, outcome, code, params) of what is not plainly done in a run, by key."""
        rows = await self.ours.fetch("select key, outcome, code, params from ceebus.run_object where run = $1 order by key, code", run)
        return [tuple(row) for row in rows]

    async def shown(self) -> list[tuple[int, str, str]]:
        """(position, kind, key) of what a device may be shown, in its order."""
        query = "select position, kind, key from ceebus.feed where channel = $1 and position > 0 order by position"
        return [tuple(row) for row in await self.ours.fetch(query, self.channel)]

    async def live(self, kind: str) -> list[str]:
        query = "select key from ceebus.feed where channel = $1 and kind = $2 and not removed order by position"
        return [row[0] for row in await self.ours.fetch(query, self.channel, kind)]

    async def release(self) -> int:
        """What the Releaser does every second; returns how many waiting rows it judged."""
        store, done = await Store.open(self.url), 0
        try:
            for (channel,) in await store.fetch(QUERIES.release_channels):
                while judged := await release_chunk(store, channel):
                    done += judged
        finally:
            await store.close()
        return done


@asynccontextmanager
async def feed_bed(url: str, channel: str) -> AsyncIterator[Bed]:
    async with pool(url, size=2) as ours:
        bed = Bed(url, ours, channel)
        try:
            yield bed
        finally:
            await bed.work.close()
