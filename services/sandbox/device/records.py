"""What a device knows about its rows: the apply log's lines, digests, deactivated rows. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Applied:
    """A line of the apply log: `op` upsert, deactivate or delete; `position` of the cut; `at` in ms since 1970."""

    seq: int
    kind: str
    key: str
    op: str
    version: int | None
    hash: str | None
    position: int
    changed_at: str | None
    at: int


def merged(had: str | None, stub: dict[str, Any]) -> dict[str, Any]:
    """A deactivated row: what the device had, with the stub's fields renewed."""
    return (orjson.loads(had) if had else {}) | stub


def digest_of(hashes: Iterable[tuple[str, str | None]]) -> str:
    """SHA-256 over (key, content hash) in key order: equal data, equal digest, on device, feed and anywhere else."""
    whole = hashlib.sha256()
    for key, digest in hashes:
        whole.update(f"{key}\0{digest or ''}\n".encode())
    return whole.hexdigest()
