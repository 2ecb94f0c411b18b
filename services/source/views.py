"""Reads objects' current state from CEE's views and decides what the log gets: value, removal or nothing (design.md 7.2, 7.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from schemas.envelope import object_version
from services.kernel.kafka import Outgoing
from services.kernel.postgres import Connection, Pool, Queries
from services.kernel.postgres import Row as DatabaseRow
from services.source.publish import Errand, Read, Records, Row

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
PRICES = "price-lists"
Due = Mapping[str, Mapping[str, datetime | None]]  # by kind: keys, and when their change was committed
Removals = dict[str, list[tuple[str, int]]]  # by kind: key and the version of its removal


class BlobStep(Protocol):
    """Stores the contents that attachments name, and completes their bodies."""

    async def complete(self, rows: Sequence[Row]) -> list[Row]: ...


def for_kind(query: str, kind: str) -> str:
    """The query with the view of a kind in place of `cee.kind_view`."""
    return query.replace("cee.kind_view", "cee." + kind.replace("-", "_"))


def found_keys(rows: Iterable[DatabaseRow]) -> list[str]:
    return [row["key"] for row in rows]


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next keys of a kind's whole state, as they were read; remembered as published already."""

    kind: str
    read: Read
    rows: Sequence[DatabaseRow]

    @property
    def last(self) -> str | None:
        return self.rows[-1]["key"] if self.rows else None


class Views:
    """Reads on the connection that holds the channel's lock. What it returns is remembered as published already."""

    def __init__(self, channel: str, reader: Connection, records: Records, blobs: BlobStep) -> None:
        self.channel, self._reader, self._records, self._blobs = channel, reader, records, blobs
        self._removals: Removals = {}

    def take_removals(self) -> Removals:
        """The removals among the records made since the last call: `settle_removals` them once they are acknowledged."""
        taken, self._removals = self._removals, {}
        return taken

    async def settle_removals(self, books: Pool, removals: Removals) -> None:
        """Until then they count as published: after a crash the same work must send them again."""
        for kind, gone in removals.items():
            await books.execute(QUERIES.settle_removed, self.channel, kind, [key for key, _ in gone], [version for _, version in gone])

    async def draw(self, errand: Errand | None = None) -> Read:
        """The number of the read that follows: drawn before it, so that whatever is read later carries a higher one."""
        drawn = await self._reader.fetchrow(QUERIES.draw, self.channel)
        assert drawn is not None
        return Read(object_version(drawn["incarnation"], drawn["number"]), drawn["channel_version"] or 0, errand)

    async def keys(
        self, kind: str, due: Mapping[str, datetime | None], *, force: bool = False, errand: Errand | None = None
    ) -> list[Outgoing]:
        """Records for the keys' current state, removals first. `force` sends a removal whatever was published before."""
        return (await self.changed({kind: due}, force=force, errand=errand))[kind]

    async def changed(
        self, due: Due, *, force: bool = False, errand: Errand | None = None, lazily: bool = False
    ) -> dict[str, list[Outgoing]]:
        """The same for several kinds, by kind: one read number, one look at what was published, one commit for all of them.

        `lazily`: a crash of CEE's server may forget the versions, with the cursor that is moved after it; never that a key was published.
        """
        wanted = {kind: list(keys) for kind, keys in due.items()}
        if PRICES in wanted:
            wanted[PRICES] += await self._vanished_beside(wanted[PRICES])
        read = await self.draw(errand)
        found = {}
        for kind, keys in wanted.items():
            rows = await self._reader.fetch(for_kind(QUERIES.rows_of_keys, kind), self.channel, keys)
            found[kind] = {row["key"]: row for row in rows}
        known = await self._published(wanted)
        removals: dict[str, list[str]] = {}
        states: dict[str, list[DatabaseRow]] = {}
        for kind, keys in wanted.items():
            removals[kind] = [key for key in keys if key not in found[kind] and (force or (kind, key) in known)]
            there = [row for row in found[kind].values() if row["member"] or row["stub"]]
            left = [row for row in found[kind].values() if not (row["member"] or row["stub"]) and (force or (kind, row["key"]) in known)]
            states[kind] = [*left, *there]
            self._note(kind, read, [*removals[kind], *found_keys(left)])
        sent = [(kind, key) for kind in wanted for key in (*removals[kind], *found_keys(states[kind]))]
        await self._keep(read, sent, lazily and known.issuperset(sent))
        return {kind: await self._made(kind, read, removals[kind], states[kind], due[kind]) for kind in wanted}

    async def _made(
        self, kind: str, read: Read, gone: Sequence[str], rows: Sequence[DatabaseRow], due: Mapping[str, datetime | None]
    ) -> list[Outgoing]:
        removals = [self._records.tombstone(kind, key, read, due.get(key)) for key in gone]
        return removals + [self._records.state(kind, row, read, due.get(row.key)) for row in await self._completed(kind, rows)]

    async def begin_chunk(self, kind: str, after: str | None, limit: int, errand: Errand | None = None) -> asyncio.Task[Chunk]:
        """Asks for the next keys of a kind's whole state. Returns when CEE works on them, so that meanwhile others can be made records."""
        read = await self.draw(errand)

        async def fetch() -> Chunk:
            query = for_kind(QUERIES.chunk, kind)
            return Chunk(kind, read, await self._reader.fetch(query, self.channel, kind, after or "", limit, read.version))

        fetching = asyncio.create_task(fetch())
        await asyncio.sleep(0)  # until then it has not even been sent
        return fetching

    async def records(self, chunk: Chunk) -> list[Outgoing]:
        """What of a chunk is sent."""
        sent = [row for row in chunk.rows if row["body"] is not None]
        self._note(chunk.kind, chunk.read, found_keys(row for row in sent if not (row["member"] or row["stub"])))
        return [self._records.state(chunk.kind, row, chunk.read) for row in await self._completed(chunk.kind, sent)]

    async def absent(self, kind: str, after: str | None, limit: int) -> tuple[list[str], str | None]:
        """Published keys that CEE's view lacks, of the next `limit` published keys; with the last key looked at."""
        published = found_keys(await self._reader.fetch(QUERIES.published_after, self.channel, kind, after or "", limit))
        if not published:
            return [], None
        there = {row["key"] for row in await self._reader.fetch(for_kind(QUERIES.present_keys, kind), self.channel, published)}
        return [key for key in published if key not in there], published[-1]

    async def vanished_prices(self, records: Sequence[Outgoing]) -> list[Outgoing]:
        """Removals that must go before these price records."""
        vanished = await self._vanished_beside([record.key.decode() for record in records])
        return await self.keys(PRICES, dict.fromkeys(vanished)) if vanished else []

    async def _vanished_beside(self, keys: Iterable[str]) -> list[str]:
        """An article's old price must be gone before its new one comes, whichever part of the outbox names it (domain.md 7.3)."""
        parts = (key.split("/", 2) for key in keys)
        prefixes = list({f"{part[0]}/{part[1]}" for part in parts if len(part) == 3})
        given = set(keys)
        found = await self._reader.fetch(QUERIES.vanished_prices, self.channel, prefixes) if prefixes else []
        return [row["key"] for row in found if row["key"] not in given]

    async def _published(self, wanted: Mapping[str, Sequence[str]]) -> set[tuple[str, str]]:
        kinds, keys = [kind for kind, names in wanted.items() for _ in names], [key for names in wanted.values() for key in names]
        rows = await self._reader.fetch(QUERIES.published_of_keys, self.channel, kinds, keys)
        return {(row["kind"], row["key"]) for row in rows}

    async def _keep(self, read: Read, sent: Sequence[tuple[str, str]], lazily: bool) -> None:
        if sent:
            kinds, keys = [kind for kind, _ in sent], [key for _, key in sent]
            await self._reader.execute(QUERIES.keep_published, self.channel, read.version, kinds, keys, lazily)

    def _note(self, kind: str, read: Read, removed: Sequence[str]) -> None:
        if removed:
            self._removals.setdefault(kind, []).extend((key, read.version) for key in removed)

    async def _completed(self, kind: str, rows: Sequence[DatabaseRow]) -> list[Row]:
        made = [Row(row["key"], row["version"], row["member"], row["body"]) for row in rows]
        return await self._blobs.complete(made) if kind == "attachments" else made
