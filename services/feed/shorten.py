"""A category without the articles that devices don't have yet (domain.md 3.5): visible now, the full one waits beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import orjson

from schemas.envelope import Reference, encode
from schemas.export.registry import EXPORT
from services.feed.record import Incoming


def shortened(record: Incoming, without: Sequence[Reference]) -> Incoming:
    """The record as devices get it now: its `articles` without the named ones, with the hash of what is left."""
    absent, named = set(without), EXPORT[record.kind].soft
    fields = orjson.loads(record.body or b"{}")
    fields["articles"] = [entry for entry in fields["articles"] if absent.isdisjoint(named({"articles": [entry]}))]
    body, digest = encode(fields)
    return replace(record, body=body, hash=bytes.fromhex(digest))
