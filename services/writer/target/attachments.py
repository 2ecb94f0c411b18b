"""Imports attachments and notes into the reference CEE: the rules decide, then contents are copied from the blob store.

Called by target/reference.py inside the writer's transaction. Never has more than `_CHUNK` bytes of contents in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from schemas.channel import Channel
from services.kernel.postgres import Connection, Queries
from services.writer.model import Answer, Upload
from services.writer.rules.attachments import Facts, Owner, Present, Ready, digest_of, file_type_of, judge, misfit, named
from services.writer.target.contents import Contents, StoredContents
from services.writer.target.files import Files

QUERIES = Queries(Path(__file__).with_name("attachments.sql"))
_CHUNK = 16 * 1024 * 1024

Content = tuple[Ready, bytes | None]


async def write(connection: Connection, channel: Channel, uploads: Sequence[Upload], files: Files) -> list[Answer]:
    """One answer per upload, in order; what is imported is written when it returns."""
    contents = StoredContents(files)
    decisions = judge(uploads, await read(connection, channel, uploads, contents))
    answers: dict[str, Answer] = {}
    chunk: list[Content] = []
    size = 0
    for ready in [decision for decision in decisions if isinstance(decision, Ready)]:
        content = None
        if ready.upload.body.type != "note":
            content = await contents.read(ready.upload.body.sha256)
            refusal = misfit(ready.upload, content)
            if refusal is not None:
                answers[ready.upload.source_id] = refusal
                continue
        chunk.append((ready, content))
        size += len(content or b"")
        if size >= _CHUNK:
            answers |= await _put(connection, channel, chunk)
            chunk, size = [], 0
    answers |= await _put(connection, channel, chunk)
    return [answers[decision.upload.source_id] if isinstance(decision, Ready) else decision for decision in decisions]


async def read(connection: Connection, channel: Channel, uploads: Sequence[Upload], contents: Contents) -> Facts:
    """What CEE and our database have of everything the batch names, each kind of thing by one query."""
    facts, ids = Facts(), [upload.source_id for upload in uploads]
    for row in await connection.fetch(QUERIES.present, ids):
        facts.present[row["id"]] = Present((row["owner_kind"], row["owner_key"]), row["digest"], row["version"])
    for kind in ("partner", "article", "document"):
        facts.owners.update(await _owners(connection, channel, kind, [upload.body for upload in uploads]))
    found = {(kind, facts.owners[kind, name], digest_of(upload.body)) for upload in uploads for kind, name in [named(upload.body)]
             if (kind, name) in facts.owners}  # fmt: skip
    for row in await connection.fetch(QUERIES.same, *map(list, zip(*found, strict=True))) if found else ():
        facts.same.setdefault(((row["owner_kind"], row["owner_key"]), row["digest"]), set()).add(row["id"])
    with_content = [upload for upload in uploads if upload.body.type != "note"]
    facts.stored.update(await contents.stored(upload.body.sha256 for upload in with_content))
    facts.uploaded.update(await contents.uploaded(channel.id, [upload.source_id for upload in with_content]))
    return facts


async def _owners(connection: Connection, channel: Channel, kind: str, bodies: Sequence[Any]) -> dict[Owner, str]:
    keys = list({body.owner_key for body in bodies if body.owner_kind == kind and body.owner_key})
    births = list({body.owner_source_id for body in bodies if body.owner_kind == kind and body.owner_source_id})
    if not keys and not births:
        return {}
    if kind == "article":
        rows = await connection.fetch(QUERIES.articles, keys)
    else:
        rows = await connection.fetch(QUERIES.partners if kind == "partner" else QUERIES.documents, channel.id, keys, births)
    return {(kind, row["name"]): row["key"] for row in rows}


async def _put(connection: Connection, channel: Channel, chunk: Sequence[Content]) -> dict[str, Answer]:
    """The answers by source_id."""
    if not chunk:
        return {}
    rows = [_row(ready, content, channel) for ready, content in chunk]
    written = await connection.fetch(QUERIES.write, *map(list, zip(*rows, strict=True)))
    versions = {row["id"]: row["version"] for row in written}
    newest = {ready.owner: (*ready.owner, ready.upload.source_id) for ready, _ in chunk if _is_default(ready)}
    if newest:
        await connection.execute(QUERIES.yield_default, *map(list, zip(*newest.values(), strict=True)))
    uploads = [ready.upload for ready, _ in chunk]
    return {one.source_id: Answer(one, "imported", key=one.source_id, version=versions[one.source_id]) for one in uploads}


def _row(ready: Ready, content: bytes | None, channel: Channel) -> tuple[Any, ...]:
    body = ready.upload.body
    extension, text = (None, body.text) if body.type == "note" else (body.extension, None)
    head = (ready.upload.source_id, *ready.owner, body.type, body.name, body.description)
    return (*head, text, extension, content, _is_default(ready), file_type_of(body, dict(channel.file_types)))


def _is_default(ready: Ready) -> bool:
    """Only articles have a main picture."""
    return bool(ready.upload.body.is_default) and ready.owner[0] == "article" and ready.upload.body.type == "image"
