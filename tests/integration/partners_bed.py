"""A channel of the reference CEE with the company of tests/company, and the partners' operation called on it as the writer calls it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from schemas.channel import Channel
from schemas.imports.partners import Partner
from services.kernel.postgres import Connection, connect
from services.writer.model import Answer, Imported, Upload
from services.writer.target.partners import write

COMPANY = Path(__file__).parents[1] / "company"
ID = "Q1"
REP, P1, P2 = f"R1{ID}", f"P1{ID}", f"P2{ID}"


def address(**fields: Any) -> dict[str, Any]:
    made = {"id": str(uuid4()), "type": "main", "street": "Polna", "house": "1", "postal_code": "30-002", "city": "Kraków", "country": "PL"}
    return made | fields


def phone(value: str, **fields: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "type": "phone", "value": value} | fields


@dataclass
class Bed:
    """CEE inside a transaction that is rolled back, and what the writer would remember of source_ids."""

    connection: Connection
    imported: dict[str, Imported] = field(default_factory=dict)

    def upload(self, source_id: str | None = None, revision: int = 1, *, state: str = "ok", **body: Any) -> Upload:
        source = source_id or str(uuid4())
        stamped = {"channel": ID, "kind": "partners", "source_id": source, "revision": revision, "client": "device", "rep": REP}
        record = Partner.model_validate_json(json.dumps(stamped | body))
        return Upload(
            kind="partners",
            source_id=source,
            revision=revision,
            op=record.op,
            client="device",
            sender="device/d1",
            rep=record.rep,
            device_state=state,
            upload_id=str(uuid4()),
            content_hash=json.dumps(body, sort_keys=True),
            body=record,
            received_at=datetime.now(UTC),
            known=self.imported.get(source),
        )

    def new(self, source_id: str | None = None, revision: int = 1, **body: Any) -> Upload:
        whole = {"name": "Nowy sklep", "legal_kind": "organisation", "role": "customer", "addresses": [address()]}
        return self.upload(source_id, revision, **(whole | body))

    async def send(self, *uploads: Upload) -> list[Answer]:
        answers = await write(self.connection, await self.channel(), uploads, datetime.now(UTC))
        assert [answer.upload for answer in answers] == list(uploads)
        for upload, answer in zip(uploads, answers, strict=True):
            if answer.is_applied:
                assert answer.key is not None
                self.imported[upload.source_id] = Imported(upload.revision, upload.content_hash, answer.key, answer.number)
        return answers

    async def channel(self) -> Channel:
        body = await self.connection.fetchval("select body from cee.mobile_channels where channel = $1", ID)
        return Channel.model_validate(body)

    async def set(self, **settings: Any) -> None:
        for name, value in settings.items():
            await self.connection.execute(f"update cee.channel set {name} = $2 where id = $1", ID, value)

    async def partner(self, number: str) -> dict[str, Any]:
        """As the channel's devices receive it, with `version` and `member`."""
        row = await self.connection.fetchrow("select version, member, body from cee.partners where channel = $1 and key = $2", ID, number)
        assert row is not None
        return dict(row["body"]) | {"version": row["version"], "member": row["member"]}

    async def next_number(self) -> int:
        return int(await self.connection.fetchval("select next from cee.number_range where name = 'partner'"))


@asynccontextmanager
async def company(url: str) -> AsyncIterator[Bed]:
    connection = await connect(url)
    whole = connection.transaction()
    await whole.start()
    try:
        for name in ("dictionaries.sql", "company.sql"):
            await connection.execute((COMPANY / name).read_text().replace("@", ID))
        yield Bed(connection)
    finally:
        await whole.rollback()
        await connection.close()
