"""A category without the articles that devices don't have yet (domain.md 3.5): visible now, the full one waits beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import orjson

from schemas.envelope import Reference, encode
from services.feed.record import Incoming


def shortened(record: Incoming, without: Sequence[Reference]) -> Incoming:
    """The record as devices get it now: its `articles` without the named ones, with the hash of what is left."""
    absent = {key for _, key in without}
    fields = orjson.loads(record.body or b"{}")
    fields["articles"] = [entry for entry in fields.get("articles") or () if entry["article"] not in absent]
    body, digest = encode(fields)
    return replace(record, body=body, hash=bytes.fromhex(digest))
