"""Brings the two databases to the state this version of ceebus needs. Called at every start of the stack and by the tests.

Order: our own schema; what commits beside CEE's data (migrations of source and writer); for the reference CEE its tables and
views. All of it may be called again: what was applied stays.
"""

from __future__ import annotations

from pathlib import Path

from services.kernel.postgres import migrate, pending
from services.sandbox.cee.install import install, is_installed

SERVICES = Path(__file__).parents[1]
BESIDE_CEE = ("source", "writer")


async def prepare(database_url: str, cee_database_url: str, *, reference: bool = True) -> None:
    """`reference=False` for a real CEE, which owns its schema. Raises services.kernel.postgres.Unreachable."""
    await migrate(database_url, SERVICES / "kernel" / "migrations", "kernel")
    for name in BESIDE_CEE:
        await migrate(cee_database_url, SERVICES / name / "migrations", name)
    if reference:
        await install(cee_database_url)


async def missing(database_url: str, cee_database_url: str, *, reference: bool = True) -> list[str]:
    """What `prepare` would apply, as `<schema>/<file>`; changes nothing."""
    ours = await pending(database_url, SERVICES / "kernel" / "migrations", "kernel")
    found = [f"kernel/{file}" for file in ours]
    for name in BESIDE_CEE:
        found += [f"{name}/{file}" for file in await pending(cee_database_url, SERVICES / name / "migrations", name)]
    absent = ["cee"] if reference and not await is_installed(cee_database_url) else []
    return found + absent
