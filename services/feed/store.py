"""The feed's tables, as its transactions use them: one method a query, whole batches in and out.

All methods but `open` belong inside `transaction()`, after `lock`. Decides nothing: that is apply.py's task.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from schemas import topics
from schemas.envelope import Reference
from services.feed.apply import Held, Plan, Put
from services.feed.audience import Audience
from services.feed.known import Known
from services.feed.record import SEPARATOR, Incoming, from_waiting, is_storable, reason, storable
from services.kernel.postgres import Connection, Queries, connect

QUERIES = Queries(Path(__file__).with_name("queries.sql"))


Step = tuple[str, int, int, int, int]  # topic, partition, epoch, the offset expected, the offset after it


class Store:
    """One connection of its own: one transaction at a time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, url: str) -> Store:
        """Raises Unreachable."""
        connection = await connect(url, application="ceebus-feed")
        await connection.execute(QUERIES.session)
        return cls(connection)

    @property
    def closed(self) -> bool:
        return self._connection.is_closed()

    async def close(self) -> None:
        self._connection.terminate()  # nothing is open that a rollback would not end as well

    def transaction(self) -> Any:
        """READ COMMITTED: what is read after `lock` is what the last owner of the lock left."""
        return self._connection.transaction(isolation="read_committed")

    async def fetch(self, query: str, *values: Any) -> list[Any]:
        return await self._connection.fetch(query, *values)

    async def lock(self, channel: str) -> int:
        """Takes the channel's row until the end of the transaction; returns its last position."""
        last = await self._connection.fetchval(QUERIES.lock, channel)
        if last is None:
            await self._connection.execute(QUERIES.open_channel, channel)
            last = await self._connection.fetchval(QUERIES.lock, channel)
        return int(last)

    async def known(self, channel: str, keys: Sequence[Reference]) -> dict[Reference, Known]:
        """What the database has of the keys; those of which it has nothing are left out."""
        rows = await self._connection.fetch(QUERIES.known, channel, *columns(keys, 2))
        return {keys[row[0] - 1]: Known(*row[1:]) for row in rows}

    async def absent(self, channel: str, records: Iterable[Incoming]) -> set[Reference]:
        """Those of the records' distinct references that are not in the feed."""
        named = {reference for record in records for reference in (*record.needs, *record.soft)}
        asked = sorted(reference for reference in named if is_storable(reference[1]))
        rows = await self._connection.fetch(QUERIES.absent, channel, *columns(asked, 2)) if asked else []
        return {(row[0], row[1]) for row in rows} | named.difference(asked)

    async def shown(self, channel: str, keys: Sequence[Reference]) -> dict[Reference, bytes]:
        """The values that devices have of the keys, deactivated ones included."""
        rows = await self._connection.fetch(QUERIES.shown, channel, *columns(keys, 2))
        return {keys[row[0] - 1]: row[1] for row in rows}

    async def write(self, channel: str, plan: Plan) -> None:
        """Everything of the plan but the position row."""
        for query, keys in (
            (QUERIES.settle_waiting, plan.settled_waiting),
            (QUERIES.settle_due, plan.settled_due),
            (QUERIES.settle_ledger, plan.settled_ledger),
        ):
            if keys:
                await self._connection.execute(query, channel, *columns(keys, 2))
        if plan.held:
            await self._hold(channel, plan.held)
        if plan.puts:
            await self._put(channel, plan.puts)
        if plan.touched:
            rows = [(r.kind, r.key, r.objectversion, r.topic_offset) for r in plan.touched]
            await self._connection.execute(QUERIES.touch, channel, *columns(rows, 4))
        if plan.late:
            latest = {r.reference: _late(r) for r in sorted(plan.late, key=lambda late: late.topic_offset)}
            await self._connection.execute(QUERIES.late, channel, *columns(list(latest.values()), 4))
        if plan.arrived:
            await self._connection.execute(QUERIES.arrived, channel, *columns(plan.arrived, 2))

    async def _put(self, channel: str, puts: Sequence[Put]) -> None:
        """What a batch's rows nearly always share travels once: encoding long arrays costs more than writing the rows."""
        alike: dict[tuple[str, str, int, UUID | None], list[tuple[Any, ...]]] = {}
        for row in puts:
            r = row.record
            alike.setdefault((r.kind, "delete" if r.body is None else r.op, r.topic_partition, r.run), []).append(_put(row))
        for shared, rows in alike.items():
            await self._connection.execute(QUERIES.put, channel, *shared, *columns(rows, 10))

    async def _hold(self, channel: str, held: Sequence[Held]) -> None:
        await self._connection.execute(QUERIES.hold, channel, *columns([_waiting(one) for one in held], 14))
        await self._connection.execute(QUERIES.hold_for, channel, *columns([pair for one in held for pair in _pairs(one)], 5))
        due = [_due(h, topics.export(channel, h.record.kind)) for h in held if not h.soft]
        if due:
            await self._connection.execute(QUERIES.hold_due, channel, *columns(due, 7))

    async def released(self, channel: str, limit: int, soft: bool) -> list[Reference]:
        """Distinct children of parents that arrived."""
        rows = await self._connection.fetch(QUERIES.released, channel, limit, soft)
        return list(dict.fromkeys((row[0], row[1]) for row in rows))

    async def waiting(self, channel: str, keys: Sequence[Reference]) -> list[Incoming]:
        return [from_waiting(row) for row in await self._connection.fetch(QUERIES.waiting, channel, *columns(keys, 2))]

    async def release_done(self, channel: str, gone: Iterable[Reference]) -> None:
        await self._connection.execute(QUERIES.release_done, channel, *columns(list(gone), 2))

    async def advance(self, channel: str, last: int) -> None:
        """Makes `last` the channel's last position and tells whoever listens, at commit."""
        await self._connection.execute(QUERIES.advance, channel, last)

    async def step(self, steps: Sequence[Step]) -> set[tuple[str, int]]:
        """Moves the lane's offset rows; answers those that moved. One that has not is another owner's: nothing of this may be committed."""
        return {(row[0], row[1]) for row in await self._connection.fetch(QUERIES.step, *columns(steps, 5))}


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

    async def close(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            await store.close()


def columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any] | None]:
    """Rows as arrays for unnest; a column without any value is null, which unnest pads."""
    if not rows:
        return [[]] * width
    return [None if column[0] is None and not any(v is not None for v in column) else list(column) for column in zip(*rows, strict=True)]


def _joined(audience: Audience) -> str | None:
    return None if audience is None else SEPARATOR.join(audience)


def _put(row: Put) -> tuple[Any, ...]:
    r = row.record
    head = (r.key, r.objectversion, r.hash, r.version, r.body, _joined(row.audience), _joined(row.left))
    return (*head, row.position, r.event_ms, r.topic_offset)


def _waiting(held: Held) -> tuple[Any, ...]:
    r, missing = held.record, orjson.dumps([storable(parent) for parent in held.missing]).decode()
    head = (r.kind, r.key, r.objectversion, r.hash, r.op, r.version, r.body, _joined(r.audience))
    return (*head, r.topic_partition, r.topic_offset, r.event_ms, r.run, missing, held.soft)


def _pairs(held: Held) -> Iterable[tuple[Any, ...]]:
    soft = set(held.record.soft)
    return ((*storable(parent), *held.record.reference, parent in soft) for parent in held.missing)


def _due(held: Held, topic: str) -> tuple[Any, ...]:
    r, params = held.record, orjson.dumps(reason(held.missing)).decode()
    return r.kind, r.key, r.objectversion, params, topic, r.topic_partition, r.topic_offset


def _late(r: Incoming) -> tuple[Any, ...]:
    return r.kind, r.key, r.topic_partition, r.topic_offset
