"""A deactivation that carries nothing but its key keeps what devices were given to show of the object (domain.md 3.4, 7.3)."""

from __future__ import annotations

from dataclasses import replace

import orjson

from schemas.envelope import encode
from schemas.export.registry import EXPORT
from services.feed.record import Incoming


def is_without_stub(record: Incoming) -> bool:
    """The object is gone from CEE, so nobody could say more about it."""
    return record.bare and record.op == "deactivate" and bool(EXPORT[record.kind].stub)


def with_stub(record: Incoming, shown: bytes) -> Incoming:
    """The deactivation with the stub fields and the version of `shown`, the value that devices have."""
    had, stated = orjson.loads(shown), orjson.loads(record.body or b"{}")
    kept = {name: had[name] for name in ("version", *EXPORT[record.kind].stub) if name in had}
    version = record.version or had.get("version")
    body, digest = encode(kept | stated | {"version": version})
    return replace(record, body=body, hash=bytes.fromhex(digest), version=version)
