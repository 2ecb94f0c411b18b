"""Brings the two databases to the state this version of ceebus needs. Called at every start of the stack and by the tests.

Order: our own schema; what commits beside CEE's data (services/source/migrations); for the reference CEE its tables and views.
All of it may be called again: what was applied stays.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from services.kernel.postgres import migrate
from services.sandbox.cee.install import install

SERVICES = Path(__file__).parents[1]


async def prepare(database_url: str, cee_database_url: str, say: Callable[[str], None] = lambda _text: None) -> None:
    """Raises services.kernel.postgres.Unreachable where a server does not answer."""
    say("bringing the databases up to date")
    await migrate(database_url, SERVICES / "kernel" / "migrations", "kernel")
    await migrate(cee_database_url, SERVICES / "source" / "migrations", "source")
    await install_reference_cee(cee_database_url)


async def install_reference_cee(url: str) -> None:
    """CEE itself owns its schema; this is the stand-in's."""
    await install(url)
