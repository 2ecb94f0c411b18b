"""How many documents a second one writer process brings into CEE, and where the time goes.

    python -m bench.imports [--documents 5000] [--batch 500] [--lines 12] [--size small] [--rounds 3]

An embedded PostgreSQL, durable as in production, with a generated company. From the bytes on import.* to the committed transaction;
the writer's own rows (inbox, answers, offset) are not in it. Every document is valid; one price in a hundred is an old one.
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import uvloop

from bench.import_records import Company, add_up, drafts
from schemas.channel import Channel
from schemas.imports.documents import Document
from services.kernel.postgres import Connection, connect
from services.sandbox.databases import prepare
from services.sandbox.generate.load import generate
from services.sandbox.postgres import Postgres
from services.writer.model import Upload
from services.writer.target import documents as import_documents
from services.writer.target import prices

CHANNEL = "PL1"


class Watched:
    """A connection that adds up the time of each statement by its name."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.seconds: defaultdict[str, float] = defaultdict(float)
        queries = {**import_documents.QUERIES._texts, **prices.QUERIES._texts}
        self._names = {text: name for name, text in queries.items()}

    async def _timed(self, name: str, work: Any) -> Any:
        began = time.perf_counter()
        try:
            return await work
        finally:
            self.seconds[name] += time.perf_counter() - began

    async def fetch(self, query: str, *values: Any) -> Any:
        return await self._timed(self._names[query], self._connection.fetch(query, *values))

    async def fetchrow(self, query: str, *values: Any) -> Any:
        return await self._timed(self._names[query], self._connection.fetchrow(query, *values))

    async def copy_to_table(self, table: str, **options: Any) -> Any:
        return await self._timed(f"copy {table}", self._connection.copy_to_table(table, **options))


def upload(value: bytes, number: int) -> Upload:
    body = Document.model_validate_json(value)
    return Upload(
        kind="documents",
        source_id=body.source_id,
        revision=body.revision,
        op=body.op,
        client=body.client,
        sender=f"device/{body.device_id}",
        rep=body.rep,
        device_state="ok",
        upload_id=body.source_id,
        content_hash=f"{number:064x}",
        body=body,
        received_at=datetime.now(UTC),
    )


Run = tuple[float, dict[str, float], Counter[tuple[str, str | None]]]
STALE = 100  # one line in so many keeps an old price


async def current(connection: Connection, company: Company, records: Sequence[dict[str, Any]]) -> list[bytes]:
    """The records with the prices that CEE has for their partners, but for a few."""
    uploads = [upload(orjson.dumps(record), place) for place, record in enumerate(records)]
    facts = await import_documents.read(connection, company.channel, uploads, datetime.now(UTC))
    sold = [(one, facts.partners[one.body.partner]) for one in uploads]
    found = await (await prices.question(connection, company.channel, sold, facts)).answer(connection, facts)
    seen = 0
    for record in records:
        for remark in found.get(record["source_id"], ()):
            seen += 1
            if seen % STALE:
                record["lines"][remark.params["position"] - 1]["regular_price"] = remark.params["expected"]
    return [orjson.dumps(add_up(company, record)) for record in records]


def processor_time(pid: int) -> float:
    """Seconds that a process has had of a processor: what others do on the machine is not in it."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


async def run(connection: Connection, channel: Channel, values: Sequence[bytes], batch: int) -> Run:
    """(documents/s, seconds of each part, how many of each outcome and warning)."""
    watched, parts, outcomes = Watched(connection), defaultdict[str, float](float), Counter[tuple[str, str | None]]()
    began, ours, theirs = time.perf_counter(), time.process_time(), processor_time(connection.get_server_pid())
    for first in range(0, len(values), batch):
        start = time.perf_counter()
        uploads = [upload(value, first + place) for place, value in enumerate(values[first : first + batch])]
        decoded = time.perf_counter()
        transaction = connection.transaction()
        await transaction.start()
        answers = await import_documents.write(watched, channel, uploads, datetime.now(UTC))  # type: ignore[arg-type]
        written = time.perf_counter()
        await transaction.commit()
        parts["decode"] += decoded - start
        parts["write"] += written - decoded
        parts["commit"] += time.perf_counter() - written
        outcomes.update((answer.outcome, answer.code) for answer in answers)
        outcomes.update(("warning", remark.code) for answer in answers for remark in answer.remarks)
    seconds = time.perf_counter() - began
    # what is asked while the rules judge is not in it twice
    parts["rest in Python"] = parts.pop("write") - sum(watched.seconds.values())
    parts["(processor: writer)"] = time.process_time() - ours
    parts["(processor: PostgreSQL)"] = processor_time(connection.get_server_pid()) - theirs
    return len(values) / seconds, {**parts, **watched.seconds}, outcomes


@asynccontextmanager
async def cee(size: str) -> AsyncIterator[Connection]:
    """The generated company in a database of its own."""
    with tempfile.TemporaryDirectory(prefix="ceebus-bench-", ignore_cleanup_errors=True) as home:
        for folder in ("run", "logs"):
            Path(home, folder).mkdir()
        server = Postgres(Path(home))
        await server.start()
        try:
            await prepare(server.url("ceebus"), server.url("cee"))
            connection = await connect(server.url("cee"))
            await generate(connection, size, 1, channel=CHANNEL, active=True)
            yield connection
            await connection.close()
        finally:
            await server.stop()


async def main(documents: int = 5000, batch: int = 500, lines: int = 12, size: str = "small", rounds: int = 3) -> dict[str, float]:
    async with cee(size) as connection:
        company = await Company.read(connection, CHANNEL)
        best, parts = 0.0, dict[str, float]()
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)  # as in every role (services/kernel/role.py)
        for round_ in range(rounds):
            records = list(drafts(company, documents, lines, round_))
            values = await current(connection, company, records)
            rate, found, outcomes = await run(connection, company.channel, values, batch)
            assert outcomes["imported", None] == documents, outcomes
            print(f"round {round_ + 1}: {rate:,.0f} documents/s of {lines} lines; {dict(outcomes)}")
            if rate > best:
                best, parts = rate, found
            await connection.execute("analyze cee.document, cee.document_line, ceebus.outbox")
    print(f"best {best:,.0f} documents/s (goal 1,500); microseconds a document:")
    for name, seconds in sorted(parts.items(), key=lambda part: -part[1]):
        print(f"  {name:26} {seconds / documents * 1e6:7.1f}")
    return {"documents_s": best}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=5000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--lines", type=int, default=12)
    parser.add_argument("--size", default="small")
    parser.add_argument("--rounds", type=int, default=3)
    uvloop.run(main(**vars(parser.parse_args())))
