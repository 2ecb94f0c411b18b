"""Brings the two databases to the state this version of ceebus needs. Called at every start of the stack and by the tests.

Order: our own schema; what commits beside CEE's data (services/source/migrations); for the reference CEE its tables and views.
All of it may be called again: what was applied stays.
"""

from __future__ import annotations

from pathlib import Path

from services.kernel.postgres import migrate, pending
from services.sandbox.cee.install import install, is_installed

SERVICES = Path(__file__).parents[1]


async def prepare(database_url: str, cee_database_url: str, *, reference: bool = True) -> None:
    """`reference=False` for a real CEE, which owns its schema. Raises services.kernel.postgres.Unreachable."""
    await migrate(database_url, SERVICES / "kernel" / "migrations", "kernel")
    await migrate(cee_database_url, SERVICES / "source" / "migrations", "source")
    if reference:
        await install(cee_database_url)


async def missing(database_url: str, cee_database_url: str, *, reference: bool = True) -> list[str]:
    """What `prepare` would apply, as `<schema>/<file>`; changes nothing."""
    ours = await pending(database_url, SERVICES / "kernel" / "migrations", "kernel")
    beside_cee = await pending(cee_database_url, SERVICES / "source" / "migrations", "source")
    absent = ["cee"] if reference and not await is_installed(cee_database_url) else []
    return [f"kernel/{file}" for file in ours] + [f"source/{file}" for file in beside_cee] + absent
