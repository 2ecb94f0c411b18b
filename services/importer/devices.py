"""Whether the devices of a batch may still speak, and from which database: one query a batch (domain.md 7.5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from services.kernel.postgres import Pool, Queries

QUERIES = Queries(Path(__file__).with_name("queries.sql"))


@dataclass(frozen=True, slots=True)
class Device:
    """What is known of a device. `db_epoch`: the registered one; None while none is."""

    channel: str
    is_revoked: bool
    db_epoch: str | None


async def devices_of(pool: Pool, ids: Iterable[str]) -> dict[str, Device]:
    """The devices by id; one that is not there was never enrolled, or is gone."""
    rows = await pool.fetch(QUERIES.devices, sorted(set(ids)))
    return {row["id"]: Device(row["channel"], row["revoked"], str(row["db_epoch"]) if row["db_epoch"] else None) for row in rows}
