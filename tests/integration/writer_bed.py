"""A writer on real databases for one test: records as the importer writes them, batches as the lane hands them over.

It is one thing: one bed, and what can be seen of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import orjson

from schemas import topics
from schemas.channel import Channel
from schemas.mobile.envelope import upload_hash, upload_id
from services.kernel.blobs import BlobStore
from services.kernel.lane import Batch
from services.kernel.postgres import Pool, pool
from services.writer.batch import WriterBatch
from services.writer.marks import WriterMarks
from services.writer.release import Releaser
from services.writer.store import Store
from services.writer.target.files import Files
from services.writer.target.reference import ReferenceCee
from tests.integration.feed_bed import FOREVER, Log, Written
from tests.stack import Databases
from tests.unit.writer.document_uploads import document, line

COMPANY = Path(__file__).parents[1] / "company"
RECEIVED = b"2026-11-24T12:00:00.000Z"


class Owner:
    """One writer process as the database sees it: its marks, its connection, its releaser."""

    def __init__(self, url: str, cee: Pool, ours: Pool, channels: Any, blobs: Path) -> None:
        self.marks, self.target = WriterMarks(cee), ReferenceCee(Files(BlobStore(blobs), ours))
        self.releaser = Releaser(url, ours, channels, self.target, lambda: None)
        self.work = WriterBatch(url, channels, self.target, self.marks, self.releaser.committed)

    async def apply(self, *records: Written) -> None:
        """Each run of records of one topic is a batch; taking a topic over for the first time begins at its row."""
        batches: list[list[Written]] = []
        for record in records:
            if batches and batches[-1][-1].topic == record.topic:
                batches[-1].append(record)
            else:
                batches.append([record])
        for batch in batches:
            place = (batch[0].topic, batch[0].partition)
            if place not in self.marks.standing:
                await self.marks.take_over({place: (0, FOREVER)})
            await self.work([Batch(*place, batch)])


class Bed(Owner):
    """A channel of the reference CEE with the company of tests/company, its log of uploads, and what the writer made of them."""

    def __init__(self, databases: Databases, cee: Pool, ours: Pool, channel: str, blobs: Path) -> None:
        self.channels = SimpleNamespace(channels={})
        super().__init__(databases.cee, cee, ours, self.channels, blobs)
        self.databases, self.cee, self.ours, self.channel, self.blobs, self.log = databases, cee, ours, channel, blobs, Log(channel)
        self.rep, self.p1, self.p2, self.a1, self.a2 = (f"{name}{channel}" for name in ("R1", "P1", "P2", "A1", "A2"))

    def another(self) -> Owner:
        return Owner(self.databases.cee, self.cee, self.ours, self.channels, self.blobs)

    async def settings(self, **changed: Any) -> Channel:
        """The channel's settings from now on."""
        found = Channel.model_validate(await self.cee.fetchval("select body from cee.mobile_channels where channel = $1", self.channel))
        self.channels.channels[self.channel] = made = found.model_copy(update={"active": True} | changed)
        return made

    def record(self, kind: str, body: dict[str, Any], source: str = "", revision: int = 1, **way: Any) -> Written:
        """As the importer writes it. `way`: sender, state, refused (code, params); equal bodies make equal uploads."""
        source, sender = source or str(uuid4()), way.get("sender", "device/d1")
        stamped = {"channel": self.channel, "kind": kind, "source_id": source, "revision": revision, "op": "upsert", "client": "device"}
        value = stamped | {"device_id": sender.partition("/")[2], "rep": self.rep} | body
        digest = upload_hash(value)
        headers = [
            ("ce_id", upload_id(self.channel, source, revision, digest).encode()),
            ("ce_sender", sender.encode()),
            ("ce_contenthash", digest.encode()),
            ("ce_time", RECEIVED),
            ("ce_devicestate", way.get("state", "ok").encode()),
        ]
        if "refused" in way:
            code, params = way["refused"]
            headers += [("ce_outcome", b"rejected"), ("ce_code", code.encode()), ("ce_params", orjson.dumps(params))]
        return self.log.add(topics.importing(self.channel, kind), source.encode(), orjson.dumps(value), headers)

    def again(self, record: Written) -> Written:
        """The same record once more in the log."""
        return self.log.add(record.topic, record.key, record.value, record.headers)

    def visit(self, source: str = "", revision: int = 1, **fields: Any) -> Written:
        """A confirmed visit to P1 in a week."""
        way = {name: fields.pop(name) for name in ("sender", "state", "refused") if name in fields}
        start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=7)
        body = {"number": "V-1", "name": "Wizyta", "visit_type": "HANDLOWA", "partner": self.p1, "all_day": False, "status": "confirmed"}
        body |= {"planned_start": moment(start), "planned_end": moment(start + timedelta(hours=1))} | fields
        return self.record("visits", {k: v for k, v in body.items() if v is not None}, source, revision, **way)

    def partner(self, source: str = "", revision: int = 1, **fields: Any) -> Written:
        """A new customer, unless `number` names one of CEE's."""
        way = {name: fields.pop(name) for name in ("sender", "state", "refused") if name in fields}
        if "number" not in fields and fields.get("op") != "delete":
            home = {"type": "main", "street": "Polna", "house": "1", "postal_code": "30-002", "city": "Kraków", "country": "PL"}
            new = {"name": "Nowy", "legal_kind": "organisation", "role": "customer", "addresses": [{"id": str(uuid4()), **home}]}
            fields = new | fields
        return self.record("partners", fields, source, revision, **way)

    def order(self, source: str = "", **fields: Any) -> Written:
        body = document((line(self.a1), line(self.a2)), **({"partner": self.p1, "warehouse": f"W{self.channel}"} | fields))
        return self.record("documents", {k: v for k, v in body.items() if v is not None}, source)

    async def round(self) -> None:
        """What the Releaser does every second."""
        store = await Store.open(self.databases.cee)
        self.releaser._swept_at = 0.0
        try:
            await self.releaser.round(store)
        finally:
            store.close()

    async def want(self, record: Written, action: str, reason: str = "") -> None:
        """An operator's wish."""
        kind = f"import/{topics.parse(record.topic)[2]}"
        sql = "insert into ceebus.wanted(channel, kind, key, action, reason) values($1, $2, $3, $4, $5)"
        await self.ours.execute(sql, self.channel, kind, source_of(record), action, reason)

    async def answers(self, record: Written) -> list[tuple[Any, ...]]:
        """(attempt, outcome, code, final) of one upload and sender, in order."""
        sql = "select attempt, outcome, code, final from ceebus.answer where upload_id = $1 and sender = $2 order by attempt"
        headers = dict(record.headers)
        return [tuple(row) for row in await self.cee.fetch(sql, headers["ce_id"].decode(), headers["ce_sender"].decode())]

    async def last(self, record: Written) -> dict[str, Any]:
        sql = "select * from ceebus.answer where upload_id = $1 and sender = $2 order by attempt desc limit 1"
        headers = dict(record.headers)
        row = await self.cee.fetchrow(sql, headers["ce_id"].decode(), headers["ce_sender"].decode())
        assert row is not None
        return dict(row)

    async def said(self, record: Written) -> tuple[str, str | None]:
        row = await self.last(record)
        return row["outcome"], row["code"]

    async def rows(self, table: str, columns: str = "*") -> list[Any]:
        """`table` with its schema; the channel's rows only."""
        return await self.cee.fetch(f"select {columns} from {table} where channel = $1", self.channel)


def source_of(record: Written) -> str:
    return record.key.decode()


def moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@asynccontextmanager
async def writer_bed(databases: Databases, channel: str, blobs: Path) -> AsyncIterator[Bed]:
    async with pool(databases.cee, size=3) as cee, pool(databases.ours, size=2) as ours:
        files: Sequence[str] = ("company.sql",)
        if not await cee.fetchval("select exists(select from cee.partner_template)"):
            files = ("dictionaries.sql", "company.sql")
        for name in files:
            await cee.execute((COMPANY / name).read_text().replace("@", channel))
        bed = Bed(databases, cee, ours, channel, blobs)
        await bed.settings()
        try:
            yield bed
        finally:
            bed.work.close()


def refusing(table: str, condition: str) -> str:
    """SQL of a trigger with which CEE refuses the rows of `table` for which `condition` on NEW holds."""
    return f"""
    create or replace function cee.test_refuse() returns trigger language plpgsql as $$
    begin if {condition} then raise exception 'CEE does not want this'; end if; return new; end $$;
    create or replace trigger test_refuse before insert or update on {table} for each row execute function cee.test_refuse()"""


def moved(record: Written, offset: int) -> Written:
    return replace(record, offset=offset)
