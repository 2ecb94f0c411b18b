"""The writer's own tables in CEE's database, as its transactions use them: one method a query, whole batches in and out.

All methods but `open` belong inside `transaction()`, after `lock`. Decides nothing: that is waiting.py's and answers.py's task.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from schemas.topics import IMPORT_KINDS
from services.kernel.postgres import Connection, Queries, Row, connect
from services.writer.answers import Said, Waiting
from services.writer.model import Imported
from services.writer.record import Arrived, arrived_of, waiting_headers

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
RANK = {kind: rank for rank, kind in enumerate(IMPORT_KINDS)}
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Past:
    """What an upload of a sender has come to: its end (`outcome`), or it still waits (None)."""

    outcome: str | None
    code: str | None
    params: dict[str, Any] | None
    stands: str | None = None  # of one that waits: `waiting`, or `quarantined` where its attempts are exhausted


class Store:
    """One connection of its own: one transaction at a time. `connection` is what the operations of the port write with."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @classmethod
    async def open(cls, url: str) -> Store:
        """Raises Unreachable."""
        connection = await connect(url, application="ceebus-writer")
        await connection.execute(QUERIES.session)
        return cls(connection)

    @property
    def closed(self) -> bool:
        return self.connection.is_closed()

    def close(self) -> None:
        self.connection.terminate()  # nothing is open that a rollback would not end as well

    def transaction(self) -> Any:
        """READ COMMITTED: what is read after `lock` is what the last owner of the lock left. Inside another one: a savepoint."""
        return self.connection.transaction()

    async def fetch(self, query: str, *values: Any) -> list[Any]:
        return await self.connection.fetch(query, *values)

    async def lock(self, channel: str) -> None:
        """Takes the channel's gate until the end of the transaction."""
        if await self.connection.fetchval(QUERIES.lock, channel) is None:
            await self.connection.execute(QUERIES.open_gate, channel)
            await self.connection.fetchval(QUERIES.lock, channel)

    async def past(self, uploads: Sequence[Arrived]) -> dict[Pair, Past]:
        """By (upload id, sender); those that are new are left out."""
        pairs = [pair(one) for one in uploads]
        rows = await self.connection.fetch(QUERIES.past, *columns(pairs, 2))
        return {pairs[row["n"] - 1]: Past(row["outcome"], row["code"], row["params"], row["stands"]) for row in rows}

    async def again(self, uploads: Sequence[Arrived]) -> set[Pair]:
        """Their last answers go out once more; returns those that have one."""
        passed = [(*pair(one), one.run) for one in uploads]
        rows = await self.connection.fetch(QUERIES.again, *columns(passed, 3)) if passed else []
        return {pair(uploads[row["n"] - 1]) for row in rows}

    async def adopt(self, uploads: Sequence[Arrived], now: datetime) -> None:
        """They wait, and a run has met them."""
        await self.connection.execute(QUERIES.adopt, *columns([(*pair(one), one.run) for one in uploads], 3), now)

    async def imported(self, channel: str, kind: str, source_ids: Sequence[str]) -> dict[str, Imported]:
        rows = await self.connection.fetch(QUERIES.imported, channel, kind, source_ids)
        return {str(row["source_id"]): Imported(row["revision"], row["hash"], row["key"], row["number"]) for row in rows}

    async def standing(self, channel: str, kind: str, source_ids: Sequence[str], queues: Sequence[str]) -> list[Waiting]:
        """What waits of these objects or in these queues, in order; values are left out."""
        return waiting_of(await self.connection.fetch(QUERIES.standing, channel, kind, source_ids, queues))

    async def record(self, channel: str, saids: Sequence[Said], now: datetime) -> None:
        """Everything that is said, and what follows from it for inbox, waiting list and applied revisions."""
        done = [said for said in saids if said.final]
        if done:
            await self.connection.execute(QUERIES.settle, channel, *columns([_inbox(said) for said in done], 8))
            waited = [pair(said.arrived) for said in done if said.before is not None]
            if waited:
                await self.connection.execute(QUERIES.waited, *columns(waited, 2))
        applied = [said for said in saids if said.applied]
        if applied:
            await self.connection.execute(QUERIES.apply, channel, *columns([_applied(said) for said in applied], 6))
        moved = [said for said in saids if not said.final and said.is_moved]
        if moved:
            await self.connection.execute(QUERIES.wait, channel, *columns([_waiting(said, now) for said in moved], 17))
        await self.say(channel, [said for said in saids if said.is_news], now)

    async def say(self, channel: str, saids: Sequence[Said], now: datetime) -> None:
        """Answers into the outbox of results.<ch>."""
        if saids:
            await self.connection.execute(QUERIES.say, channel, *columns([_answer(said) for said in saids], 12), now)


class Line:
    """A Store that is opened when it is first needed, and again after its connection was lost."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._store: Store | None = None

    async def store(self) -> Store:
        """Raises Unreachable."""
        if self._store is None or self._store.closed:
            self._store = await Store.open(self._url)
        return self._store

    def close(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None


def pair(arrived: Arrived) -> Pair:
    return arrived.upload_id, arrived.sender


def waiting_of(rows: Iterable[Row]) -> list[Waiting]:
    """Rows of `ceebus.waiting`."""
    return [
        Waiting(
            seq=row["seq"],
            arrived=arrived_of(row),
            hash=row["hash"],
            outcome=row["outcome"],
            code=row["code"],
            params=row["params"],
            parent=(row["parent_kind"], row["parent_key"]) if row["parent_kind"] else None,
            queue=row["queue"],
            attempts=row["attempts"],
            confirmed=row["confirmed"],
            next_at=row["next_at"],
        )
        for row in rows
    ]


def columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Rows as arrays for unnest."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


def as_json(value: Any) -> str:
    """A NUL, which jsonb can't hold, becomes the sign for what can't be shown."""
    text = orjson.dumps(value, default=str).decode()
    return text.replace("\\u0000", "\\ufffd") if "\\u0000" in text else text


def _inbox(said: Said) -> tuple[Any, ...]:
    a = said.arrived
    return a.upload_id, a.sender, a.kind, a.source_id, a.revision, said.outcome, said.code, as_json(said.params)


def _applied(said: Said) -> tuple[Any, ...]:
    a = said.arrived
    return a.kind, a.source_id, a.revision, said.hash, said.key, said.number


def _waiting(said: Said, now: datetime) -> tuple[Any, ...]:
    a, (parent_kind, parent_key) = said.arrived, said.parent or (None, None)
    head = (a.kind, RANK[a.kind], a.source_id, a.revision, a.upload_id, a.sender, said.hash, a.value, as_json(waiting_headers(a)))
    return (*head, said.outcome, said.code, as_json(said.params), parent_kind, parent_key, said.queue, said.attempts, said.next_at or now)


def _answer(said: Said) -> tuple[Any, ...]:
    a = said.arrived
    head = (a.sender, a.kind, a.source_id, a.revision, a.upload_id)
    return (*head, said.outcome, said.code, as_json(said.params), said.final, as_json(said.body), a.received_at, a.run)
