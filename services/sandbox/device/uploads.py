"""What a rep made on his device, on its way to the gateway: an outbox that survives lost answers, restarts and bad networks.

Used by device.py and by the reps' working days. An upload is sent until the gateway has answered; its id makes that harmless.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Any

import orjson

from services.sandbox.device import contents
from services.sandbox.device.client import Client
from services.sandbox.device.failures import Interrupted, Refused, pause
from services.sandbox.device.files import Files
from services.sandbox.device.store import ANSWERS as SQL
from services.sandbox.device.store import Store

RECORDS = 500  # of one request
BYTES = 8_000_000  # of one request before compression; the gateway takes twice as much
# where an uploaded object comes back
RETURNS_AS = {"partners": "partners", "documents": "sales-documents", "attachments": "attachments", "visits": "visits"}


@dataclass(frozen=True, slots=True)
class Sent:
    """A line of the outbox. `state` new, sent, accepted, refused, waiting or final; `code` is the gateway's or the answer's."""

    seq: int
    kind: str
    source_id: str
    revision: int
    state: str
    upload_id: str | None
    outcome: str | None
    code: str | None
    number: str | None
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Pushed:
    """One push: uploads the gateway took and refused, contents it stored, and requests whose answer did not come."""

    accepted: int = 0
    refused: int = 0
    files: int = 0
    repeated: int = 0


class Uploads:
    """The outbox of one device; `attempts` requests in a row may fail before it gives up until the next push."""

    def __init__(self, store: Store, client: Client, files: Files, attempts: int) -> None:
        self._store, self._client, self._files, self._attempts = store, client, files, attempts
        self.mixing: Random | None = None  # sends in any order instead of that of the making

    def put(self, kind: str, body: dict[str, Any], *, source_id: str | None = None, content: bytes | None = None) -> str:
        """Keeps an upload: the next revision of `source_id`, or a new object. `content` is an attachment's file. Returns the source_id."""
        source = source_id or str(uuid.uuid4())
        [(revision,)] = self._store.fetch(SQL.next_revision, kind, source)
        line = {"kind": kind, "source_id": source, "revision": revision, **body}
        born = not (kind == "partners" and body.get("number")) and body.get("op") != "delete"
        statements: list[tuple[str, tuple[Any, ...]]] = []
        if content is not None:
            digest = hashlib.sha256(content).hexdigest()
            self._files.keep(digest, content)
            line |= {"sha256": digest, "size": len(content)}
            name = f"{body.get('name', 'file')}.{body.get('extension', 'bin')}"
            statements.append((SQL.put_file, (source, digest, name)))
        statements.append((SQL.put, (kind, source, revision, orjson.dumps(line).decode(), born)))
        self._store.change(*statements)
        return source

    async def push(self, records: int = RECORDS) -> Pushed:
        """Contents, then records, until nothing is left to send. Raises Interrupted or Refused; what was not answered stays."""
        stored, repeated = await contents.send_all(self._store, self._client, self._files, self._attempts)
        accepted = refused = 0
        while batch := self._batch(records):
            answer, failures = await self._send(batch)
            repeated += failures
            for seq, verdict in self._verdicts(batch, answer["records"]):
                if verdict["status"] == "accepted":
                    self._store.change((SQL.accepted, (seq, verdict["upload_id"])))
                    accepted += 1
                else:
                    self._store.change((SQL.refused, (seq, verdict["code"])))
                    refused += 1
        return Pushed(accepted, refused, stored, repeated)

    async def repeat(self, source_ids: Iterable[str] | None = None) -> list[dict[str, Any]]:
        """Sends again what the gateway has already (all of it, or these objects) and returns its verdicts; nothing changes here.
        Raises Interrupted, Refused."""
        wanted = None if source_ids is None else set(source_ids)
        lines = [body for source_id, body in self._store.fetch(SQL.sent) if wanted is None or source_id in wanted]
        found: list[dict[str, Any]] = []
        for at in range(0, len(lines), RECORDS):
            found += (await self._ask(lines[at : at + RECORDS]))[0]["records"]
        return found

    def all(self) -> list[Sent]:
        return [Sent(*(*row[:9], bool(row[9]))) for row in self._store.fetch(SQL.all)]

    def mobile_numbers(self) -> list[str]:
        """Of the documents made here."""
        return [number for (number,) in self._store.fetch(SQL.mobile_numbers)]

    def results(self) -> dict[str, dict[str, Any]]:
        """The answers that have come, by key."""
        return {key: orjson.loads(body) for key, body in self._store.fetch(SQL.results)}

    def shown(self, kind: str) -> dict[str, list[str]]:
        """What the rep sees of each object born here: `local`, `confirmed` (CEE's); by source_id."""
        found: dict[str, list[str]] = {}
        for source_id, which in self._store.fetch(SQL.shown, kind, RETURNS_AS[kind]):
            found.setdefault(source_id, []).append(which)
        return found

    def _batch(self, records: int) -> list[tuple[Any, ...]]:
        """The next uploads of one request: as many as it may have, of as many bytes."""
        batch: list[tuple[Any, ...]] = []
        size = 0
        for row in self._unsent(records):
            size += len(row[4].encode()) + 1
            if batch and size > BYTES:
                break
            batch.append(row)
        return batch

    def _unsent(self, records: int) -> list[tuple[Any, ...]]:
        if self.mixing is None:
            return self._store.fetch(SQL.unsent, records)
        found = self._store.fetch(SQL.unsent, -1)
        self.mixing.shuffle(found)
        return found[:records]

    async def _send(self, batch: list[tuple[Any, ...]]) -> tuple[dict[str, Any], int]:
        """The gateway's verdicts, and how often it had to be asked again."""
        self._store.change(*((SQL.sending, (row[0],)) for row in batch))
        return await self._ask([row[4] for row in batch])

    async def _ask(self, lines: list[str]) -> tuple[dict[str, Any], int]:
        body = await asyncio.to_thread(gzip.compress, "\n".join(lines).encode() + b"\n", 6)
        for failures in range(self._attempts):
            try:
                return await self._client.push(body, "gzip"), failures
            except Interrupted:
                if failures == self._attempts - 1:
                    raise
                await asyncio.sleep(pause(failures + 1))
            except Refused as refused:
                if "records" not in refused.body:
                    raise
                return refused.body, failures  # none of them was taken: each has its verdict all the same
        raise AssertionError("unreachable")

    @staticmethod
    def _verdicts(batch: list[tuple[Any, ...]], records: list[dict[str, Any]]) -> list[tuple[int, dict[str, Any]]]:
        """(seq, verdict) of each upload; a gateway that leaves one out has not answered."""
        if len(records) != len(batch):
            raise Interrupted(f"{len(records)} verdicts on {len(batch)} uploads")
        return [(row[0], verdict) for row, verdict in zip(batch, sorted(records, key=lambda record: record["line"]), strict=True)]
