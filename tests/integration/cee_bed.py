"""What the tests of the reference CEE share: the small company of cee_company.sql, its views as dictionaries, what a change makes due."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.topics import KINDS
from services.kernel.postgres import Connection, connect

COMPANY = Path(__file__).with_name("cee_company.sql").read_text()
VOLATILE = {"changed_at", "list_version", "as_of"}

PAGE = 3  # small, so that every family of dependents has several pages

Reference = tuple[str, str]
State = dict[Reference, tuple[bool, dict[str, Any]]]


@dataclass
class Cee:
    """One CEE inside a transaction that is rolled back after the test."""

    connection: Connection

    async def change(self, sql: str) -> None:
        await self.connection.execute(sql)

    async def row(self, kind: str, key: str, channel: str = "C1") -> tuple[bool, dict[str, Any]]:
        """(member, body) of one object; KeyError where the view has none."""
        found = await self.connection.fetch(
            f"select member, body from cee.{kind.replace('-', '_')} where channel = $1 and key = $2", channel, key
        )
        if not found:
            raise KeyError(key)
        assert len(found) == 1, "one row per channel and key"
        return found[0]["member"], found[0]["body"]

    async def body(self, kind: str, key: str, channel: str = "C1") -> dict[str, Any]:
        member, body = await self.row(kind, key, channel)
        assert member
        return body

    async def keys(self, kind: str, *, member: bool = True, channel: str = "C1") -> set[str]:
        view = kind.replace("-", "_")
        return {
            row["key"]
            for row in await self.connection.fetch(f"select key from cee.{view} where channel = $1 and member = $2", channel, member)
        }

    async def version(self, kind: str, key: str) -> int:
        view = kind.replace("-", "_")
        return int(await self.connection.fetchval(f"select version from cee.{view} where channel = 'C1' and key = $1", key))

    async def state(self, channel: str = "C1") -> State:
        """All that devices could see: members and stubs of every kind, without what only tells when it was read."""
        found: State = {}
        for kind in KINDS:
            for row in await self.connection.fetch(
                f"select key, member, body from cee.{kind.replace('-', '_')} where channel = $1", channel
            ):
                body = {name: value for name, value in row["body"].items() if name not in VOLATILE}
                for line in body.get("lines", ()):
                    line.pop("outside", None)  # a remark for the operator; devices get the same document
                if row["member"] or body.get("stub"):
                    found[(kind, row["key"])] = (row["member"], body)
        return found

    async def outbox(self) -> list[tuple[str, str, str | None, str | None]]:
        """Takes what was written since the last call, in order."""
        rows = await self.connection.fetch("select kind, key, channel, scope from ceebus.outbox order by seq")
        await self.connection.execute("delete from ceebus.outbox")
        return [tuple(row) for row in rows]

    async def due(self, channel: str = "C1", page: int = PAGE) -> set[Reference]:
        """What the source would read again: the outbox's rows and their dependents, page by page."""
        found: set[Reference] = set()
        for kind, key, of_channel, scope in await self.outbox():
            if of_channel not in (None, channel):
                continue
            if kind != "channels":
                found.add((kind, key))
            if scope is not None:
                found |= set(await self.dependents(channel, kind, key, scope, page))
        return found

    async def dependents(self, channel: str, kind: str, key: str, scope: str, page: int) -> list[Reference]:
        """All pages; each must go on behind the one before, in the order of (kind, key)."""
        found: list[Reference] = []
        after = ("", "")
        while True:
            rows = await self.connection.fetch(
                "select kind, key from cee.dependents($1, $2, $3, $4, $5, $6, $7)", channel, kind, key, scope, *after, page
            )
            pairs = [(row["kind"], row["key"]) for row in rows]
            assert len(pairs) <= page
            assert pairs == sorted(set(pairs))
            assert all(pair > after for pair in pairs)
            found += pairs
            if len(pairs) < page:
                return found
            after = pairs[-1]


@asynccontextmanager
async def company(url: str) -> AsyncIterator[Cee]:
    """The small company, freshly committed as far as its own transaction can see; nothing of it stays."""
    connection = await connect(url)
    try:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(COMPANY)
        await connection.execute("delete from ceebus.outbox")
        yield Cee(connection)
        await transaction.rollback()
    finally:
        await connection.close()
