"""Lays the reference CEE's schema down in CEE's database: tables, what views share, views, functions, triggers.

Called by services/sandbox/databases.py. The outbox must be there already (services/source/migrations). A reference CEE that was
laid down before imports came is completed; a CEE of another make is left alone.
"""

from __future__ import annotations

from pathlib import Path

from services.kernel.postgres import Connection, connect

HERE = Path(__file__).parent
ORDER = ("tables/*.sql", "shared.sql", "views/*.sql", "functions/*.sql", "triggers/*.sql")
IMPORTS = ("tables/08_imports.sql", "functions/05_imports.sql", "triggers/05_imports.sql")
_LOCK = 0x6365_6501


async def install(url: str) -> bool:
    """True when it, or what it lacked, was laid down now, False when it was there; all of it or nothing."""
    connection = await connect(url, application="ceebus-migrate")
    try:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", _LOCK)
            wanted = await _absent(connection)
            for pattern in wanted:
                for file in sorted(HERE.glob(pattern)):
                    await connection.execute(file.read_text())
        return bool(wanted)
    finally:
        await connection.close()


async def is_installed(url: str) -> bool:
    """Whether a complete CEE is there, the reference one or another."""
    connection = await connect(url, application="ceebus-migrate")
    try:
        return not await _absent(connection)
    finally:
        await connection.close()


async def _absent(connection: Connection) -> tuple[str, ...]:
    if await connection.fetchval("select to_regclass('cee.mobile_channels')") is None:
        return ORDER
    reference = await connection.fetchval("select to_regclass('cee.channel')") is not None
    return IMPORTS if reference and await connection.fetchval("select to_regclass('cee.visit')") is None else ()
