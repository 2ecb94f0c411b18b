"""A channel of the reference CEE with the company of tests/company, and its operations called as the writer calls them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from schemas.channel import Channel
from services.kernel.blobs import BlobStore
from services.kernel.postgres import Connection, connect, pool
from services.writer.model import Answer, Imported, Upload
from services.writer.target.files import Files
from services.writer.target.reference import ReferenceCee
from tests.stack import Databases
from tests.unit.writer.document_uploads import document, line, upload

COMPANY = Path(__file__).parents[1] / "company"
ID = "Q1"
REP, P1, P2, A1, A2 = (f"{name}{ID}" for name in ("R1", "P1", "P2", "A1", "A2"))
ENVELOPE = ("source_id", "revision", "rep", "device_state")


def today() -> date:
    """The channel's day: an hour before midnight in London it is tomorrow's."""
    return datetime.now(ZoneInfo("Europe/Warsaw")).date()


@dataclass
class Bed:
    """CEE inside a transaction that is rolled back; what the writer would remember of source_ids; the blob store and our database."""

    connection: Connection
    files: Files
    imported: dict[str, Imported] = field(default_factory=dict)

    def order(self, *lines: dict[str, Any], **fields: Any) -> Upload:
        """An order of A1 and A2 by P1 at today's prices."""
        envelope = {"rep": REP} | {name: fields.pop(name) for name in ENVELOPE if name in fields}
        body = document(lines or (line(A1), line(A2)), **({"partner": P1, "warehouse": f"W{ID}"} | fields))
        return upload("documents", body, **envelope)

    def quote(self, days: int, **fields: Any) -> Upload:
        """A quote that is valid for so many days more."""
        number = fields.pop("mobile_number", f"OS-{fields.get('source_id', 'x')[:1]}-7/11/26/R1")
        expiry = (today() + timedelta(days=days)).isoformat()
        return self.order(type="OS", mobile_number=number, expiry_date=expiry, **fields)

    async def file(self, content: bytes, *, uploaded: bool = True, stored: bool = True, **fields: Any) -> Upload:
        """A picture of P1 whose content went before."""
        envelope = {"rep": REP} | {name: fields.pop(name) for name in ENVELOPE if name in fields}
        body = {"owner_kind": "partner", "owner_key": P1, "type": "image", "name": "a.png", "extension": "png"}
        one = upload("attachments", body | {"sha256": sha256(content).hexdigest()} | fields, **envelope)
        if stored:
            await self.files.blobs.put(content)
        if uploaded:
            await self.arrives(one.source_id, sha256(content).hexdigest())
        return one

    def note(self, text: str, **fields: Any) -> Upload:
        envelope = {"rep": REP} | {name: fields.pop(name) for name in ENVELOPE if name in fields}
        body = {"owner_kind": "partner", "owner_key": P1, "type": "note", "name": "uwaga", "text": text}
        return upload("attachments", body | {"sha256": sha256(text.encode()).hexdigest()} | fields, **envelope)

    async def arrives(self, source_id: str, digest: str) -> None:
        """The gateway has taken this content for the object."""
        await self.files.ours.execute(
            "insert into ceebus.upload_file(channel, source_id, sha256, size, filename, sender) values($1, $2, $3, 1, 'f', 'device/d1')",
            ID,
            source_id,
            digest,
        )

    async def send(self, *uploads: Upload) -> list[Answer]:
        """The answers; the writer remembers what was applied."""
        given = [replace(one, known=self.imported.get(one.source_id)) for one in uploads]
        operation = getattr(ReferenceCee(self.files), given[0].kind)
        answers: list[Answer] = await operation(self.connection, await self.channel(), given, datetime.now(UTC))
        assert [answer.upload for answer in answers] == given
        for answer in answers:
            if answer.is_applied:
                assert answer.key is not None
                one = answer.upload
                self.imported[one.source_id] = Imported(one.revision, one.content_hash, answer.key, answer.number)
        return answers

    async def channel(self) -> Channel:
        return Channel.model_validate(await self.value("select body from cee.mobile_channels where channel = $1", ID))

    async def change(self, sql: str) -> None:
        """`@` is the channel's id."""
        await self.connection.execute(sql.replace("@", ID))

    async def value(self, sql: str, *values: Any) -> Any:
        return await self.connection.fetchval(sql, *values)

    async def row(self, sql: str, *values: Any) -> dict[str, Any]:
        found = await self.connection.fetchrow(sql, *values)
        assert found is not None
        return dict(found)

    async def document(self, answer: Answer) -> dict[str, Any]:
        """The header of what was imported."""
        return await self.row("select * from cee.document where key = $1", answer.key)

    async def outbox(self) -> list[tuple[Any, ...]]:
        """Takes what was written since the last call, in order."""
        rows = await self.connection.fetch("select kind, key, scope from ceebus.outbox order by seq")
        await self.connection.execute("delete from ceebus.outbox")
        return [tuple(row) for row in rows]

    async def everything(self) -> dict[str, list[Any]]:
        """All documents, lines, attachments and number ranges: equal when nothing was written."""
        tables = ("document", "document_line", "number_range")
        found = {name: [dict(row) for row in await self.connection.fetch(f"select * from cee.{name} x order by x")] for name in tables}
        found["attachment"] = await self.connection.fetch("select id, version, digest, owner_key from cee.attachment order by id")
        return found


@asynccontextmanager
async def company(databases: Databases, blobs: Path) -> AsyncIterator[Bed]:
    connection = await connect(databases.cee)
    whole = connection.transaction()
    await whole.start()
    try:
        for name in ("dictionaries.sql", "company.sql"):
            await connection.execute((COMPANY / name).read_text().replace("@", ID))
        await connection.execute("delete from ceebus.outbox")
        async with pool(databases.ours, size=2) as ours:
            await ours.execute("delete from ceebus.upload_file")
            yield Bed(connection, Files(BlobStore(blobs), ours))
    finally:
        await whole.rollback()
        await connection.close()
